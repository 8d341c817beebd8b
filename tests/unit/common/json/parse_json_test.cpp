#include "common/json/parse_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::json::parse_json_test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string error_of(std::string_view text) {
  const auto parsed = parse_json(text);
  return parsed ? "no error" : parsed.error().text;
}

TEST(ParseJson, ReadsWhatJsonCanSay) {
  const auto parsed = parse_json(R"( {"a": [1, 2.5, "\u00e9", true, null]} )");
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_EQ(boost::json::serialize(*parsed), "{\"a\":[1,2.5E0,\"\xc3\xa9\",true,null]}");
}

TEST(ParseJson, RefusesWhatIsNotJson) {
  EXPECT_THAT(error_of("{\"a\": }"), StartsWith("found no JSON at byte 6: "));
  EXPECT_THAT(error_of(""), HasSubstr("incomplete"));
  EXPECT_THAT(error_of("{\"a\": 1"), HasSubstr("incomplete"));
  EXPECT_THAT(error_of("{} {}"), StartsWith("found no JSON at byte 3: "));
  EXPECT_THAT(error_of("{'a': 1}"), StartsWith("found no JSON"));
  EXPECT_THAT(error_of("{\"a\": 1,}"), StartsWith("found no JSON"));
  EXPECT_THAT(error_of("[\"\xff\"]"), StartsWith("found no JSON"));
  EXPECT_THAT(error_of("[\"a\nb\"]"), StartsWith("found no JSON"));
}

TEST(ParseJson, BytesThatAreNoTextAreTakenWhereTheyMayBe) {
  EXPECT_FALSE(parse_json("\"caf\xe9\""));
  const auto any = parse_json("\"caf\xe9\"", StringBytes::any);
  ASSERT_TRUE(any);
  EXPECT_EQ(any->get_string(), "caf\xe9");
}

TEST(ParseJson, NestingIsBounded) {
  EXPECT_EQ(error_of(std::string(32, '[') + std::string(32, ']')), "no error");
  EXPECT_THAT(error_of(std::string(33, '[') + std::string(33, ']')), HasSubstr("deep"));
  EXPECT_THAT(error_of(std::string(1000000, '[')), HasSubstr("deep"));
}

}  // namespace
}  // namespace postern::json::parse_json_test

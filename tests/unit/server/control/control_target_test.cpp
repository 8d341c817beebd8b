#include "server/control/control_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::control::control_target_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

ControlParameters parameters_of(std::string_view target) {
  const auto parsed = parse_control_target(target);
  EXPECT_TRUE(parsed) << parsed.error().text;
  return parsed ? parsed->parameters : ControlParameters{};
}

std::string error_of(std::string_view target) {
  const auto parsed = parse_control_target(target);
  return parsed ? "no error" : parsed.error().text;
}

TEST(ControlTarget, PathAndParameters) {
  const auto parsed = parse_control_target("/v1/entries?list=a&hit=yes");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->path, "/v1/entries");
  EXPECT_THAT(parsed->parameters, ElementsAre(Pair("hit", "yes"), Pair("list", "a")));
}

TEST(ControlTarget, NoParameters) {
  EXPECT_THAT(parameters_of("/v1/status"), IsEmpty());
  EXPECT_THAT(parameters_of("/v1/status?"), IsEmpty());
  EXPECT_THAT(parameters_of(""), IsEmpty());
}

TEST(ControlTarget, PercentSignsAreDecoded) {
  EXPECT_THAT(parameters_of("/?%6eame=%C3%A9%26%3d%25&x=a+b=c"),
              ElementsAre(Pair("name", "\xc3\xa9&=%"), Pair("x", "a+b=c")));
  EXPECT_THAT(parameters_of("/?name=%00"), ElementsAre(Pair("name", std::string(1, '\0'))));
}

TEST(ControlTarget, RefusesPercentSignsWithoutDigits) {
  for (const char* bad : {"/?a=%", "/?a=%4", "/?a=%4g", "/?a=%g4", "/?a=% 4", "/?a=%-1", "/?%=b",
                          "/?a=%4&b=1", "/?a=%0x"}) {
    EXPECT_THAT(error_of(bad), HasSubstr("without two hexadecimal digits")) << bad;
  }
}

TEST(ControlTarget, RefusesWhatIsThereTwice) {
  EXPECT_EQ(error_of("/?a=1&a=1"), "found the parameter \"a\" twice, want it once");
  EXPECT_EQ(error_of("/?a=1&%61=2"), "found the parameter \"a\" twice, want it once");
}

TEST(ControlTarget, RefusesParametersWithoutValue) {
  EXPECT_EQ(error_of("/?name"), "found \"name\" in the query, want KEY=VALUE");
  EXPECT_EQ(error_of("/?a=1&&b=2"), "found \"\" in the query, want KEY=VALUE");
}

TEST(ControlTarget, RefusesMoreParametersThanAnyRequestHas) {
  std::string target = "/?";
  for (int i = 0; i < 11; ++i) target += std::to_string(i) + "=x&";
  EXPECT_EQ(error_of(target), "found more than 10 parameters");
}

}  // namespace
}  // namespace postern::control::control_target_test

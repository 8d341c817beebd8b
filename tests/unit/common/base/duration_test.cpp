#include "common/base/duration.h"

#include <gtest/gtest.h>

namespace postern::duration_test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(ParseDuration, TakesEachUnit) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds{500});
  EXPECT_EQ(parse_duration("5s"), milliseconds{5s});
  EXPECT_EQ(parse_duration("10m"), milliseconds{10min});
  EXPECT_EQ(parse_duration("2h"), milliseconds{2h});
  EXPECT_EQ(parse_duration("7d"), milliseconds{168h});
  EXPECT_EQ(parse_duration("2w"), milliseconds{336h});
  EXPECT_EQ(parse_duration("0s"), milliseconds{0});
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", "5", "s", "5 s", " 5s", "5s ", "5S", "5sec", "1.5s", "-5s", "+5s",
                           "0x5s", "1h30m", "5y", "5s\n", "99999999999999999999999y"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration.has_value()) << text;
    EXPECT_NE(duration.error().text.find("is not a duration"), std::string::npos)
        << duration.error().text;
  }
  EXPECT_FALSE(parse_duration(std::string_view("5s\0", 3)).has_value());
}

TEST(ParseDuration, EndsAtTenYears) {
  EXPECT_TRUE(parse_duration("3650d").has_value());
  EXPECT_TRUE(parse_duration("315569520s").has_value());
  for (const char* text : {"3653d", "522w", "315569521s", "315569520001ms", "18446744073709551615d",
                           "18446744073709551616ms", "99999999999999999999999s"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration.has_value()) << text;
    EXPECT_NE(duration.error().text.find("at most ten years"), std::string::npos);
  }
}

TEST(FormatDuration, IsTheShortestExactForm) {
  EXPECT_EQ(format_duration(0ms), "0s");
  EXPECT_EQ(format_duration(1ms), "1ms");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(90000ms), "90s");
  EXPECT_EQ(format_duration(60s), "1m");
  EXPECT_EQ(format_duration(90min), "90m");
  EXPECT_EQ(format_duration(24h), "1d");
  EXPECT_EQ(format_duration(25h), "25h");
  EXPECT_EQ(format_duration(336h), "14d");
  EXPECT_EQ(format_duration(-5s), "-5s");
}

TEST(RoughDuration, IsInTheLargestUnitOfWhichThereAreTwo) {
  EXPECT_EQ(rough_duration(0ms), "0s");
  EXPECT_EQ(rough_duration(119999ms), "119s");
  EXPECT_EQ(rough_duration(120s), "2m");
  EXPECT_EQ(rough_duration(2h - 1ms), "119m");
  EXPECT_EQ(rough_duration(47h + 59min), "47h");
  EXPECT_EQ(rough_duration(24h * 365), "365d");
}

TEST(FormatDuration, IsAppendedAlike) {
  std::string text = "in ";
  append_duration(text, std::chrono::seconds{90});
  append_duration(text, std::chrono::milliseconds{0});
  EXPECT_EQ(text, "in 90s0s");
}

TEST(FormatDuration, ComesBackFromParse) {
  for (const milliseconds duration : {0ms, 1ms, 999ms, 1000ms, 61000ms, 3600000ms, 86400000ms}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
}

}  // namespace
}  // namespace postern::duration_test

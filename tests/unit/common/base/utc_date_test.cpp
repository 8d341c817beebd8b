#include "common/base/utc_date.h"

#include <gtest/gtest.h>

namespace postern::utc_date_test {
namespace {

UtcTime at(long seconds) {
  return UtcTime{std::chrono::seconds{seconds}};
}

TEST(ParseExpiry, ADayEndsWithTheNextOne) {
  EXPECT_EQ(parse_expiry("1970-01-01"), at(86400));
  EXPECT_EQ(parse_expiry("2026-12-31"), at(1798761600));  // 2027-01-01T00:00:00Z
  EXPECT_EQ(parse_expiry("2024-02-29"), parse_expiry("2024-03-01T00:00:00Z"));
}

TEST(ParseExpiry, ATimeIsThatSecond) {
  EXPECT_EQ(parse_expiry("1970-01-01T00:00:00Z"), at(0));
  EXPECT_EQ(parse_expiry("2026-12-31T18:00:00Z"), at(1798740000));
  EXPECT_EQ(parse_expiry("2026-12-31T23:59:59Z"), at(1798761599));
}

TEST(ParseExpiry, RefusesEverythingElse) {
  for (const char* text : {"",
                           "2026",
                           "2026-12",
                           "2026-13-01",
                           "2026-00-01",
                           "2026-01-00",
                           "2026-02-30",
                           "2025-02-29",
                           "1900-02-29",
                           "26-12-31",
                           "2026-1-1",
                           "2026/12/31",
                           "31.12.2026",
                           "2026-12-31 ",
                           " 2026-12-31",
                           "2026-12-31T18:00:00",
                           "2026-12-31T18:00:00+00:00",
                           "2026-12-31T18:00Z",
                           "2026-12-31 18:00:00Z",
                           "2026-12-31T24:00:00Z",
                           "2026-12-31T18:60:00Z",
                           "2026-12-31T18:00:60Z",
                           "2026-12-31T18:00:00.5Z",
                           "-026-12-31",
                           "2026-+1-01",
                           "tomorrow"}) {
    const auto time = parse_expiry(text);
    ASSERT_FALSE(time.has_value()) << text;
    EXPECT_NE(time.error().text.find("write it as 2026-12-31"), std::string::npos);
  }
  EXPECT_FALSE(parse_expiry(std::string_view("2026-12-31\0", 11)).has_value());
}

TEST(FormatUtc, PrintsRfc3339) {
  EXPECT_EQ(format_utc(at(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_utc(at(1798740000)), "2026-12-31T18:00:00Z");
  EXPECT_EQ(format_utc(at(-1)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(format_utc(parse_expiry("0000-01-01T01:02:03Z").value()), "0000-01-01T01:02:03Z");
}

}  // namespace
}  // namespace postern::utc_date_test

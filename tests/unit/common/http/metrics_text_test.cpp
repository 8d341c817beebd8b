#include "common/http/metrics_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace postern::http::metrics_text_test {
namespace {

using testing::HasSubstr;

std::string sample_with(std::string_view value) {
  MetricsText text("policy");
  text.family({"postern_x_total", MetricType::counter, "X."});
  text.sample({{"what", value}}, std::uint64_t{1});
  const std::string all = text.take();
  const std::string start = "# HELP postern_x_total X.\n# TYPE postern_x_total counter\n";
  EXPECT_EQ(all.substr(0, start.size()), start);
  return all.substr(start.size());
}

TEST(MetricsText, FamiliesWithTheirSamples) {
  MetricsText text("milter");
  text.family({"postern_build_info", MetricType::gauge, "Always 1."});
  text.sample({{"version", "1.2"}}, std::uint64_t{1});
  text.family({"postern_nothing_total", MetricType::counter, "Never yet."});
  text.family({"postern_age_seconds", MetricType::gauge, "Age."});
  text.sample({}, 0.25);
  EXPECT_EQ(text.take(),
            "# HELP postern_build_info Always 1.\n"
            "# TYPE postern_build_info gauge\n"
            "postern_build_info{door=\"milter\",version=\"1.2\"} 1\n"
            "# HELP postern_nothing_total Never yet.\n"
            "# TYPE postern_nothing_total counter\n"
            "# HELP postern_age_seconds Age.\n"
            "# TYPE postern_age_seconds gauge\n"
            "postern_age_seconds{door=\"milter\"} 0.25\n");
}

TEST(MetricsText, BucketsOfAHistogramAddUp) {
  const std::array<MetricBucket, 3> buckets{{{0.0001, 2}, {0.25, 0}, {10, 5}}};
  MetricsText text("policy");
  text.family({"postern_took_seconds", MetricType::histogram, "Time."});
  text.histogram({{"stage", "rcpt"}}, buckets, 1, 12.5);
  EXPECT_THAT(
      text.take(),
      HasSubstr("# TYPE postern_took_seconds histogram\n"
                "postern_took_seconds_bucket{door=\"policy\",stage=\"rcpt\",le=\"0.0001\"} 2\n"
                "postern_took_seconds_bucket{door=\"policy\",stage=\"rcpt\",le=\"0.25\"} 2\n"
                "postern_took_seconds_bucket{door=\"policy\",stage=\"rcpt\",le=\"10\"} 7\n"
                "postern_took_seconds_bucket{door=\"policy\",stage=\"rcpt\",le=\"+Inf\"} 8\n"
                "postern_took_seconds_sum{door=\"policy\",stage=\"rcpt\"} 12.5\n"
                "postern_took_seconds_count{door=\"policy\",stage=\"rcpt\"} 8\n"));
}

struct Value {
  std::string_view given;
  std::string_view written;
};

TEST(MetricsText, NoValueGetsOutOfItsQuotes) {
  using namespace std::string_view_literals;
  const Value cases[] = {
      {"plain-1_2", "plain-1_2"},
      {"a\"} 7\n# TYPE x counter", "a\\\"} 7\\\\x0a# TYPE x counter"},
      {"back\\slash", "back\\\\slash"},
      {"end\\", "end\\\\"},
      {"\\n", "\\\\n"},
      {"\r\n\t\0"sv, "\\\\x0d\\\\x0a\\\\x09\\\\x00"},
      {"b\xc3\xa4", "b\xc3\xa4"},
      {"\xff\xc3(", "\\\\xff\\\\xc3("},
      {"\xe2\x80\xa8", "\\\\xe2\\\\x80\\\\xa8"},
      {"", ""},
  };
  for (const Value& one : cases) {
    EXPECT_EQ(sample_with(one.given),
              "postern_x_total{door=\"policy\",what=\"" + std::string(one.written) + "\"} 1\n");
  }
}

TEST(MetricsText, LongValuesAreCutAndStayApart) {
  const std::string longest(MetricsText::kMaxValue, 'a');
  EXPECT_THAT(sample_with(longest), HasSubstr('"' + longest + "\"} 1\n"));
  const std::string one = sample_with(longest + "b");
  const std::string other = sample_with(longest + std::string(1'000'000, 'c'));
  EXPECT_THAT(one, HasSubstr('"' + longest + "..."));
  EXPECT_LT(one.size(), 350U);
  EXPECT_LT(other.size(), 350U);
  EXPECT_NE(one, other);
}

TEST(MetricsText, NumbersStayWhatTheyAre) {
  MetricsText text("policy");
  text.family({"postern_n", MetricType::gauge, "N."});
  for (const double number : {0.0, 1795284000.0, 0.000053, 1e300}) text.sample({}, number);
  text.sample({}, ~std::uint64_t{0});
  const std::string all = text.take();
  for (const char* end :
       {"} 0\n", "} 1795284000\n", "} 0.000053\n", "} 1e+300\n", "} 18446744073709551615\n"}) {
    EXPECT_THAT(all, HasSubstr(end));
  }
}

}  // namespace
}  // namespace postern::http::metrics_text_test

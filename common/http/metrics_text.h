// Writes metrics as the text that Prometheus reads, version 0.0.4 of its exposition format:
// families with HELP and TYPE, and a line for each sample. Pure.
//
//   MetricsText text("policy");
//   text.family({"postern_dns_questions_total", MetricType::counter, "Questions ..."});
//   text.sample({{"outcome", "answer"}}, 12);
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace postern::http {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

// Names: https://prometheus.io/docs/practices/naming/. `help` is one line, without a backslash.
struct MetricFamily {
  std::string_view name;
  MetricType type = MetricType::gauge;
  std::string_view help;
};

// The value may be any text; what is neither UTF-8 nor visible in it becomes `\xNN`.
struct MetricLabel {
  std::string_view name;
  std::string_view value;
};
using MetricLabels = std::initializer_list<MetricLabel>;

struct MetricBucket {
  double upper_bound = 0;   // inclusive
  std::uint64_t count = 0;  // of what is in this bucket and in no smaller one
};

class MetricsText {
 public:
  // Of a label's value so many bytes are shown. A longer one is cut and ends in a hash of it all,
  // so that two that begin alike stay two series.
  static constexpr std::size_t kMaxValue = 256;

  // Every sample gets the label door=`door`.
  explicit MetricsText(std::string_view door) : door_(door) {}

  // Begins a family, whose samples come next. A family may be without any.
  void family(const MetricFamily& family);
  // REQUIRES: a family was begun, and the labels are those of no other sample of it.
  void sample(MetricLabels labels, std::uint64_t value);
  void sample(MetricLabels labels, double value);
  // `above`: the count above the last bound; `sum` of all that was observed. The bounds ascend.
  void histogram(MetricLabels labels, std::span<const MetricBucket> buckets, std::uint64_t above,
                 double sum);

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void line(std::string_view suffix, MetricLabels labels, std::string_view bound,
            std::string_view value);
  void add_label(std::string_view name, std::string_view value);

  std::string text_;
  std::string door_;
  std::string name_;  // of the family
};

}  // namespace postern::http

#include "common/http/metrics_text.h"

#include <array>
#include <charconv>
#include <system_error>

#include "common/base/escape.h"
#include "common/base/fingerprint.h"
#include "common/base/words.h"

namespace postern::http {
namespace {

constexpr std::size_t kShownHash = 16;

std::string_view type_word(MetricType type) {
  using enum MetricType;
  static constexpr Word<MetricType> kWords[] = {
      {"counter", counter}, {"gauge", gauge}, {"histogram", histogram}};
  return word_of(kWords, type);
}

// A number in its shortest form that reads back as the same: 0.0001, and not 1e-04, which nobody
// would look for in a label.
class Digits {
 public:
  explicit Digits(std::uint64_t number) { end_ = std::to_chars(begin(), limit(), number).ptr; }
  explicit Digits(double number) {
    auto written = std::to_chars(begin(), limit(), number, std::chars_format::fixed);
    if (written.ec != std::errc()) written = std::to_chars(begin(), limit(), number);
    end_ = written.ptr;
  }
  [[nodiscard]] std::string_view text() const {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

 private:
  char* begin() { return digits_.data(); }
  char* limit() { return digits_.data() + digits_.size(); }

  std::array<char, 40> digits_{};
  char* end_ = nullptr;
};

// What has no line ends any more, because it went through printable().
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

std::string shown_of(std::string_view value) {
  if (value.size() <= MetricsText::kMaxValue) return printable(value);
  return printable(value.substr(0, MetricsText::kMaxValue)) + "..." +
         fingerprint_of(value).to_string().substr(0, kShownHash);
}

}  // namespace

void MetricsText::family(const MetricFamily& family) {
  name_ = family.name;
  text_.append("# HELP ").append(name_) += ' ';
  text_.append(printable(family.help)) += '\n';
  text_.append("# TYPE ").append(name_) += ' ';
  text_.append(type_word(family.type)) += '\n';
}

void MetricsText::sample(MetricLabels labels, std::uint64_t value) {
  line({}, labels, {}, Digits(value).text());
}

void MetricsText::sample(MetricLabels labels, double value) {
  line({}, labels, {}, Digits(value).text());
}

void MetricsText::histogram(MetricLabels labels, std::span<const MetricBucket> buckets,
                            std::uint64_t above, double sum) {
  std::uint64_t so_far = 0;
  for (const MetricBucket& bucket : buckets) {
    so_far += bucket.count;
    line("_bucket", labels, Digits(bucket.upper_bound).text(), Digits(so_far).text());
  }
  const Digits all(so_far + above);
  line("_bucket", labels, "+Inf", all.text());
  line("_sum", labels, {}, Digits(sum).text());
  line("_count", labels, {}, all.text());
}

void MetricsText::line(std::string_view suffix, MetricLabels labels, std::string_view bound,
                       std::string_view value) {
  text_.append(name_).append(suffix) += '{';
  add_label("door", door_);
  for (const MetricLabel& label : labels) add_label(label.name, shown_of(label.value));
  if (!bound.empty()) add_label("le", bound);
  text_.append("} ").append(value) += '\n';
}

void MetricsText::add_label(std::string_view name, std::string_view value) {
  if (text_.back() != '{') text_ += ',';
  text_.append(name).append("=\"");
  append_escaped(text_, value);
  text_ += '"';
}

}  // namespace postern::http

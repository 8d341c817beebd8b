// The fields of a log line, as text (logfmt) or as members of a JSON object: one class for both
// forms, so that a line is described once. Text from outside is escaped and bounded
// (common/base/escape.h); keys are words of our own.
#pragma once

#include <charconv>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/escape.h"

namespace postern::explain {

inline constexpr std::size_t kUsualFieldBytes = 256;
inline constexpr std::size_t kUsualLineBytes = 512;

template <class Integer>
void append_number(std::string& out, Integer value) {
  char digits[24];
  const auto result = std::to_chars(std::begin(digits), std::end(digits), value);
  out.append(digits, result.ptr);
}

// How a form begins a line of one word, and what stands in front of a value.
struct TextForm {
  static void open(std::string& out, std::string_view word) { out += word; }
  static void key(std::string& out, std::string_view key) {
    const std::size_t begin = out.size();
    out.append(key.size() + 2, '=');  // room for all of it at once: a line has twenty
    out[begin] = ' ';
    key.copy(out.data() + begin + 1, key.size());
  }
  static void value(std::string& out, std::string_view value, std::size_t max_bytes) {
    append_log_value(out, value, max_bytes);
  }
  static void word(std::string& out, std::string_view word) { out += word; }
};

struct JsonForm {
  static void open(std::string& out, std::string_view word) {
    out.append("\"message\":\"").append(word) += '"';
  }
  static void key(std::string& out, std::string_view key) {
    out.append(",\"").append(key) += "\":";
  }
  static void value(std::string& out, std::string_view value, std::size_t max_bytes) {
    append_json_value(out, value, max_bytes);
  }
  static void word(std::string& out, std::string_view word) {
    out.append(1, '"').append(word) += '"';
  }
};

template <class Form>
class FieldsIn {
 public:
  explicit FieldsIn(std::string_view word) {
    text_.reserve(kUsualLineBytes);
    Form::open(text_, word);
  }

  void always(std::string_view key, std::string_view value,
              std::size_t max_bytes = kUsualFieldBytes) {
    Form::key(text_, key);
    Form::value(text_, value, max_bytes);
  }
  void unless_empty(std::string_view key, std::string_view value,
                    std::size_t max_bytes = kUsualFieldBytes) {
    if (!value.empty()) always(key, value, max_bytes);
  }
  // A word of our own, which nobody has to look at.
  void word(std::string_view key, std::string_view word) {
    Form::key(text_, key);
    Form::word(text_, word);
  }
  template <class Integer>
  void number(std::string_view key, Integer value) {
    Form::key(text_, key);
    append_number(text_, value);
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

using TextFields = FieldsIn<TextForm>;  // `decision door=policy stage=rcpt`
using JsonFields = FieldsIn<JsonForm>;  // `"message":"decision","door":"policy","stage":"rcpt"`

}  // namespace postern::explain

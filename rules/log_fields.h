// The fields of a log line, as text (logfmt) or as members of a JSON object: two classes with the
// same functions, so that a line is described once. Text from outside is escaped and bounded
// (common/escape.h); keys are words of our own.
#pragma once

#include <charconv>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "common/escape.h"

namespace postern {

inline constexpr std::size_t kUsualFieldBytes = 256;
inline constexpr std::size_t kUsualLineBytes = 512;

template <class Integer>
void append_number(std::string& out, Integer value) {
  char digits[24];
  const auto result = std::to_chars(std::begin(digits), std::end(digits), value);
  out.append(digits, result.ptr);
}

// `decision door=policy stage=rcpt`
class TextFields {
 public:
  explicit TextFields(std::string_view word) {
    text_.reserve(kUsualLineBytes);
    text_ += word;
  }

  void always(std::string_view key, std::string_view value,
              std::size_t max_bytes = kUsualFieldBytes) {
    begin(key);
    append_log_value(text_, value, max_bytes);
  }
  void unless_empty(std::string_view key, std::string_view value,
                    std::size_t max_bytes = kUsualFieldBytes) {
    if (!value.empty()) always(key, value, max_bytes);
  }
  template <class Integer>
  void number(std::string_view key, Integer value) {
    begin(key);
    append_number(text_, value);
  }

  std::string take() { return std::move(text_); }

 private:
  void begin(std::string_view key) {
    text_ += ' ';
    text_ += key;
    text_ += '=';
  }

  std::string text_;
};

// `"message":"decision","door":"policy","stage":"rcpt"`
class JsonFields {
 public:
  explicit JsonFields(std::string_view word) {
    text_.reserve(kUsualLineBytes);
    text_.append("\"message\":\"").append(word) += '"';
  }

  void always(std::string_view key, std::string_view value,
              std::size_t max_bytes = kUsualFieldBytes) {
    begin(key);
    append_json_value(text_, value, max_bytes);
  }
  void unless_empty(std::string_view key, std::string_view value,
                    std::size_t max_bytes = kUsualFieldBytes) {
    if (!value.empty()) always(key, value, max_bytes);
  }
  template <class Integer>
  void number(std::string_view key, Integer value) {
    begin(key);
    append_number(text_, value);
  }

  std::string take() { return std::move(text_); }

 private:
  void begin(std::string_view key) { text_.append(",\"").append(key) += "\":"; }

  std::string text_;
};

}  // namespace postern

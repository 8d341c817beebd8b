// Words and numbers with blanks between, a line for each thing: what is remembered from one run to
// the next. What is read may be damaged. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/hex.h"
#include "common/base/utc_date.h"
#include "common/base/whole_number.h"

namespace postern::radar {

class StateWriter {
 public:
  void word(std::string_view text) {
    if (!text_.empty() && text_.back() != '\n') text_ += ' ';
    text_ += text;
  }
  void number(const auto& value) { word(std::to_string(value)); }
  void time(const UtcTime& value) { number(value.time_since_epoch().count()); }
  // Any bytes.
  void text(const std::string& value) {
    word("x" + hex_of({reinterpret_cast<const unsigned char*>(value.data()), value.size()}));
  }
  template <class Elements, class Each>
  void list(const Elements& elements, Each each) {
    number(elements.size());
    for (const auto& one : elements) each(one);
  }
  void end_line() { text_ += '\n'; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// After the first thing that is not as it should be, is_good() is false and what is read means
// nothing.
class StateReader {
 public:
  static constexpr std::size_t kMaxElements = 4096;  // of one list

  explicit StateReader(std::string_view text, int version = 1) : text_(text), version_(version) {}

  // Of what is read, where that has several.
  [[nodiscard]] int version() const { return version_; }

  [[nodiscard]] bool is_good() const { return good_; }
  void fail() { good_ = false; }
  [[nodiscard]] bool is_at_end() const { return text_.empty(); }

  std::string_view word() {
    const std::size_t end = std::min(text_.find_first_of(" \n"), text_.size());
    const std::string_view word = text_.substr(0, end);
    text_.remove_prefix(end);
    if (text_.starts_with(' ')) text_.remove_prefix(1);
    good_ = good_ && !word.empty();
    return word;
  }
  template <class Number>
  void number(Number& value) {
    const auto read = parse_whole<Number>(word());
    good_ = good_ && read.has_value();
    value = read.value_or(Number{});
  }
  void number(bool& value) {
    unsigned read = 0;
    number(read);
    good_ = good_ && read < 2;
    value = read != 0;
  }
  void number(std::uint8_t& value) {
    unsigned read = 0;
    number(read);
    good_ = good_ && read <= 0xff;
    value = static_cast<std::uint8_t>(read);
  }
  void time(UtcTime& value) {
    std::int64_t seconds = 0;
    number(seconds);
    value = UtcTime(std::chrono::seconds(seconds));
  }
  void text(std::string& value) {
    const std::string_view hex = word();
    good_ = good_ && hex.starts_with('x') && hex.size() % 2 == 1;
    value.clear();
    for (std::size_t i = 1; good_ && i < hex.size(); i += 2) {
      const auto byte = parse_whole<unsigned>(hex.substr(i, 2), 16);
      good_ = byte.has_value();
      value += static_cast<char>(byte.value_or(0));
    }
  }
  // `each` reads one element and puts it where it belongs.
  template <class Each>
  void list(Each each) {
    std::size_t size = 0;
    number(size);
    good_ = good_ && size <= kMaxElements;
    for (std::size_t i = 0; good_ && i < size; ++i) each();
  }
  void end_line() {
    good_ = good_ && text_.starts_with('\n');
    if (good_) text_.remove_prefix(1);
  }

 private:
  std::string_view text_;
  int version_;
  bool good_ = true;
};

}  // namespace postern::radar

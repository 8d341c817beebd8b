// Writes the members of one JSON object; the counterpart is rules/journal/line_reader.h. What says
// nothing is left out: empty texts and lists, `false`, nought where a number may be missing. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/escape.h"
#include "common/base/words.h"

namespace postern::journal {

// Bytes on their way into a text, gathered in a block: a line is made of hundreds of small pieces.
class LineBlock {
 public:
  // `out` outlives it; flush() brings the rest there.
  explicit LineBlock(std::string& out) : out_(out) {}
  LineBlock(const LineBlock&) = delete;
  LineBlock& operator=(const LineBlock&) = delete;

  [[gnu::always_inline]] void put(std::string_view bytes) {
    if (bytes.size() > block_.size() - used_ && put_large(bytes)) return;
    std::memcpy(block_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  void put(char byte) {
    if (used_ == block_.size()) flush();
    block_[used_++] = byte;
  }
  void put_number(auto value) {
    constexpr std::size_t kMostDigits = 24;
    if (block_.size() - used_ < kMostDigits) flush();
    const auto end = std::to_chars(block_.data() + used_, block_.data() + block_.size(), value);
    used_ = static_cast<std::size_t>(end.ptr - block_.data());
  }
  void flush() {
    out_.append(block_.data(), used_);
    used_ = 0;
  }

 private:
  // Makes room; false: there is some now.
  bool put_large(std::string_view bytes) {
    flush();
    if (bytes.size() <= block_.size()) return false;
    out_ += bytes;
    return true;
  }

  std::string& out_;
  std::size_t used_ = 0;
  std::array<char, 4096> block_;
};

class LineWriter {
 public:
  // Begins the object; end() closes it. The block outlives it.
  explicit LineWriter(LineBlock& block) : block_(block) { block_.put('{'); }
  void end() { block_.put('}'); }

  [[gnu::always_inline]] void number(std::string_view key, auto value) {
    begin(key);
    block_.put_number(value);
  }
  void number_or_none(std::string_view key, auto value) {
    if (value != 0) number(key, value);
  }
  template <class Rep, class Period>
  void number(std::string_view key, const std::chrono::duration<Rep, Period>& value) {
    number(key, value.count());
  }
  template <class Rep, class Period>
  void number_or_none(std::string_view key, const std::chrono::duration<Rep, Period>& value) {
    number_or_none(key, value.count());
  }

  [[gnu::always_inline]] void text(std::string_view key, std::string_view value) {
    if (!value.empty()) text_always(key, value);
  }
  [[gnu::always_inline]] void text_always(std::string_view key, std::string_view value) {
    begin(key);
    put_text(value);
  }
  void texts(std::string_view key, const std::vector<std::string>& values) {
    elements(key, values, [&](const std::string& one) { put_text(one); });
  }
  // One after the other as one text. REQUIRES: nothing in it has to be escaped.
  [[gnu::always_inline]] void plain(std::string_view key,
                                    std::initializer_list<std::string_view> parts) {
    begin(key);
    block_.put('"');
    for (const std::string_view part : parts) block_.put(part);
    block_.put('"');
  }

  template <class Value, std::size_t size>
  void word(std::string_view key, Value value, const Word<Value> (&words)[size]) {
    plain(key, {word_of(words, value)});
  }
  // Of values that to_string() has the words of.
  template <class Value, std::size_t size>
  void word(std::string_view key, Value value, const std::array<Value, size>& /*values*/) {
    plain(key, {to_string(value)});
  }
  // The usual value, nought, is left out.
  template <class Value, std::size_t size>
  void unusual_word(std::string_view key, Value value, const Word<Value> (&words)[size]) {
    if (value != Value{}) word(key, value, words);
  }
  void flag(std::string_view key, bool value) {
    if (!value) return;
    begin(key);
    block_.put("true");
  }

  // `each(writer, element)` writes the members of an object.
  template <class Element, class Each>
  void objects(std::string_view key, const std::vector<Element>& values, Each each) {
    elements(key, values, [&](const Element& one) {
      LineWriter writer(block_);
      each(writer, one);
      writer.end();
    });
  }
  // `each` appends the text of an element to the text that it is given.
  template <class Elements, class Each>
  void texts_of(std::string_view key, const Elements& values, Each each) {
    std::string text;
    elements(key, values, [&](const auto& one) {
      text.clear();
      each(text, one);
      put_text(text);
    });
  }

 private:
  // Inline, so that the lengths of the keys are known where they are written.
  [[gnu::always_inline]] void begin(std::string_view key) {
    block_.put(is_first_ ? std::string_view("\"") : std::string_view(",\""));
    is_first_ = false;
    block_.put(key);
    block_.put("\":");
  }
  void put_text(std::string_view value) {
    if (is_plain_in_json(value)) {
      block_.put('"');
      block_.put(value);
      block_.put('"');
      return;
    }
    std::string escaped;
    append_json_value(escaped, value, std::numeric_limits<std::size_t>::max());
    block_.put(escaped);
  }
  template <class Elements, class Each>
  void elements(std::string_view key, const Elements& values, Each each) {
    auto at = values.begin();
    const auto end = values.end();
    if (at == end) return;
    begin(key);
    for (char before = '['; at != end; ++at, before = ',') {
      block_.put(before);
      each(*at);
    }
    block_.put(']');
  }

  LineBlock& block_;
  bool is_first_ = true;
};

}  // namespace postern::journal

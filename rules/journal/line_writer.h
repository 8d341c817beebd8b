// Writes the members of one JSON object; the counterpart is rules/journal/line_reader.h. What says
// nothing is left out: empty texts and lists, `false`, nought where a number may be missing. Pure.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/escape.h"
#include "common/base/words.h"

namespace postern::journal {

class LineWriter {
 public:
  // Appends to `out`, which outlives it; end() closes the object.
  explicit LineWriter(std::string& out) : out_(out) { out_ += '{'; }
  void end() { out_ += '}'; }

  void number(std::string_view key, auto value) {
    begin(key);
    append_number(value);
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

  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) text_always(key, value);
  }
  void text_always(std::string_view key, std::string_view value) {
    begin(key);
    append_text(value);
  }
  void texts(std::string_view key, const std::vector<std::string>& values) {
    elements(key, values, [&](const std::string& one) { append_text(one); });
  }

  template <class Value, std::size_t size>
  void word(std::string_view key, Value value, const Word<Value> (&words)[size]) {
    text_always(key, word_of(words, value));
  }
  // Of values that to_string() has the words of.
  template <class Value, std::size_t size>
  void word(std::string_view key, Value value, const std::array<Value, size>& /*values*/) {
    text_always(key, to_string(value));
  }
  // The usual value, nought, is left out.
  template <class Value, std::size_t size>
  void unusual_word(std::string_view key, Value value, const Word<Value> (&words)[size]) {
    if (value != Value{}) word(key, value, words);
  }
  void flag(std::string_view key, bool value) {
    if (!value) return;
    begin(key);
    out_ += "true";
  }

  // `each(writer, element)` writes the members of an object.
  template <class Element, class Each>
  void objects(std::string_view key, const std::vector<Element>& values, Each each) {
    elements(key, values, [&](const Element& one) {
      LineWriter writer(out_);
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
      append_text(text);
    });
  }

 private:
  void begin(std::string_view key) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  void append_number(auto value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out_.append(digits.data(), end.ptr);
  }
  void append_text(std::string_view value) {
    append_json_value(out_, value, std::numeric_limits<std::size_t>::max());
  }
  template <class Elements, class Each>
  void elements(std::string_view key, const Elements& values, Each each) {
    if (values.begin() == values.end()) return;
    begin(key);
    char before = '[';
    for (const auto& one : values) {
      out_ += before;
      each(one);
      before = ',';
    }
    out_ += ']';
  }

  std::string& out_;
};

}  // namespace postern::journal

// Reads what rules/journal/line_writer.h has written: each function takes what that of the same
// name has put there, and leaves the value as it is where that left it out. Pure.
#pragma once

#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/escape.h"
#include "common/json/object_reader.h"

namespace postern::journal {

// `Object`: json::ObjectReader, or what has the same functions.
template <class Object>
class BasicLineReader {
 public:
  BasicLineReader(const auto& value, std::optional<Error>& error) : object_(value, error) {}

  [[nodiscard]] bool has(std::string_view key) const { return object_.has(key); }
  void wrong_value(std::string_view key, const std::string& want) {
    object_.wrong_value(key, want);
  }

  template <std::integral Number>
  void number(std::string_view key, Number& value) {
    value = object_.template number<Number>(key);
  }
  template <class Rep, class Period>
  void number(std::string_view key, std::chrono::duration<Rep, Period>& value) {
    value = std::chrono::duration<Rep, Period>(object_.template number<std::uint32_t>(key));
  }
  void number_or_none(std::string_view key, auto& value) {
    if (has(key)) number(key, value);
  }

  void text(std::string_view key, std::string& value) {
    if (has(key)) text_always(key, value);
  }
  void text_always(std::string_view key, std::string& value) {
    value = without_json_escapes(object_.text(key));
  }
  void texts(std::string_view key, std::vector<std::string>& values) {
    each_text(key, [&](const std::string& text) { values.push_back(text); });
  }

  template <class Value, std::size_t size>
  void word(std::string_view key, Value& value, const Word<Value> (&words)[size]) {
    value = object_.word(key, words);
  }
  template <class Value, std::size_t size>
  void word(std::string_view key, Value& value, const std::array<Value, size>& values) {
    const std::string_view found = object_.text(key);
    std::string want;
    for (const Value one : values) {
      if (to_string(one) == found) {
        value = one;
        return;
      }
      want.append(want.empty() ? "one of " : ", ").append(to_string(one));
    }
    wrong_value(key, want);
  }
  template <class Value, std::size_t size>
  void unusual_word(std::string_view key, Value& value, const Word<Value> (&words)[size]) {
    if (has(key)) word(key, value, words);
  }
  void flag(std::string_view key, bool& value) {
    if (has(key)) value = object_.flag(key);
  }

  // `each(reader, element)` reads the members of an object.
  template <class Element, class Each>
  void objects(std::string_view key, std::vector<Element>& values, Each each) {
    if (!has(key)) return;
    object_.array(key, kAny, [&](const boost::json::value& one) {
      BasicLineReader<json::ObjectReader> reader(one, object_.error());
      each(reader, values.emplace_back());
    });
  }
  // Calls `each` for every text of an array.
  template <class Each>
  void each_text(std::string_view key, Each each, std::size_t most = kAny) {
    if (!has(key)) return;
    object_.array(key, most, [&](const boost::json::value& one) {
      each(without_json_escapes(object_.text_in(&one, key)));
    });
  }

 private:
  // The length of the line is the bound.
  static constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

  Object object_;
};
using LineReader = BasicLineReader<json::ObjectReader>;

}  // namespace postern::journal

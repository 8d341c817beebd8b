// The members of a line of the journal, found without reading their values: what is asked for is
// read, and nothing else. The counterpart of json::ObjectReader, with the same functions, for
// lines without blanks between their members, as rules/journal/line_writer.h writes them. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/whole_number.h"
#include "common/base/words.h"

namespace postern::journal {

class LineMembers {
 public:
  // The line and `error` outlive it; `error` is set by the first fault. It is a fault, too, when
  // the line is another JSON than those, or has more members than there are names.
  LineMembers(std::string_view line, std::optional<Error>& error);

  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  [[nodiscard]] std::optional<Error>& error() const { return error_; }

  // As those of json::ObjectReader. A text is valid until the next one is read.
  std::string_view text(std::string_view key);
  static std::string_view text_in(const boost::json::value* value, std::string_view /*key*/) {
    const boost::json::string* text = value->if_string();
    return text == nullptr ? std::string_view() : std::string_view(*text);
  }
  template <std::integral Number>
  Number number(std::string_view key) {
    const auto number = parse_whole<Number>(raw(key));
    if (!number) wrong_value(key, "a number");
    return number.value_or(Number{});
  }
  bool flag(std::string_view key) {
    const std::string_view value = raw(key);
    if (value != "true" && value != "false") wrong_value(key, "true or false");
    return value == "true";
  }
  template <class Value, std::size_t size>
  Value word(std::string_view key, const Word<Value> (&words)[size]) {
    if (const auto value = value_of(words, text(key))) return *value;
    wrong_value(key, "a word");
    return words[0].value;
  }
  template <class Each>
  void array(std::string_view key, std::size_t most, Each each) {
    const boost::json::value value = parsed(key);
    const boost::json::array* elements = value.if_array();
    if (elements == nullptr || elements->size() > most) return wrong_value(key, "an array");
    std::for_each(elements->begin(), elements->end(), each);
  }
  void wrong_value(std::string_view key, const std::string& want);

 private:
  struct Member {
    std::string_view key;
    std::string_view raw;
  };
  static constexpr std::size_t kMost = 80;

  bool split(std::string_view line);
  [[nodiscard]] const Member* find(std::string_view key) const;
  // Empty, and a fault, when it is not there.
  std::string_view raw(std::string_view key);
  boost::json::value parsed(std::string_view key);

  std::array<Member, kMost> members_;
  std::size_t count_ = 0;
  std::string unescaped_;  // the last text that had escapes
  std::optional<Error>& error_;
};

}  // namespace postern::journal

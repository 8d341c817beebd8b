// Reads the members of JSON objects that came from outside into values. It remembers the first
// fault, so that what is read reads straight on, and is asked about it once. Pure.
#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/words.h"

namespace postern::json {

class ObjectReader {
 public:
  // The value and `error` outlive it; `error` is set by the first fault.
  ObjectReader(const boost::json::value& value, std::optional<Error>& error)
      : object_(value.if_object()), error_(error) {
    if (object_ == nullptr) wrong("found no JSON object");
  }

  [[nodiscard]] bool has(std::string_view key) const {
    return object_ != nullptr && object_->contains(key);
  }
  [[nodiscard]] std::optional<Error>& error() const { return error_; }

  // Null, and a fault, when it is not there.
  const boost::json::value* member(std::string_view key) {
    const boost::json::value* value = object_ == nullptr ? nullptr : object_->if_contains(key);
    if (value == nullptr) wrong("found no \"" + std::string(key) + "\"");
    return value;
  }

  // All of these: a value that means nothing, and a fault, when there is no such member.
  std::string_view text(std::string_view key) { return text_in(member(key), key); }
  // Of a value that is not there something has been said.
  std::string_view text_in(const boost::json::value* value, std::string_view key) {
    const boost::json::string* text = value == nullptr ? nullptr : value->if_string();
    if (value != nullptr && text == nullptr) wrong_value(key, "a text");
    return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
  }

  template <std::integral Number>
  Number number(std::string_view key) {
    const boost::json::value* value = member(key);
    boost::system::error_code failed;
    const auto number = value == nullptr ? Number{} : value->to_number<Number>(failed);
    if (!failed) return number;
    wrong_value(key, "a number from " + std::to_string(std::numeric_limits<Number>::min()) +
                         " to " + std::to_string(std::numeric_limits<Number>::max()));
    return 0;
  }

  template <std::floating_point Number>
  Number number(std::string_view key) {
    const boost::json::value* value = member(key);
    boost::system::error_code failed;
    const auto number = value == nullptr ? Number{} : value->to_number<Number>(failed);
    if (!failed) return number;
    wrong_value(key, "a number");
    return 0;
  }

  bool flag(std::string_view key) {
    const boost::json::value* value = member(key);
    const bool* flag = value == nullptr ? nullptr : value->if_bool();
    if (value != nullptr && flag == nullptr) wrong_value(key, "true or false");
    return flag != nullptr && *flag;
  }

  template <class Value, std::size_t size>
  Value word(std::string_view key, const Word<Value> (&words)[size]) {
    if (const auto value = value_of(words, text(key))) return *value;
    wrong_value(key, "one of " + known_words(words));
    return words[0].value;
  }

  // Calls `each` for every element.
  template <class Each>
  void array(std::string_view key, std::size_t most, Each each) {
    const boost::json::value* value = member(key);
    const boost::json::array* elements = value == nullptr ? nullptr : value->if_array();
    if (elements == nullptr || elements->size() > most) {
      return wrong_value(key, "an array of at most " + std::to_string(most));
    }
    std::for_each(elements->begin(), elements->end(), each);
  }

  void wrong_value(std::string_view key, const std::string& want) {
    wrong("found another value for \"" + std::string(key) + "\", want " + want);
  }

 private:
  void wrong(std::string text) {
    if (!error_) error_ = Error{std::move(text)};
  }

  const boost::json::object* object_;
  std::optional<Error>& error_;
};

}  // namespace postern::json

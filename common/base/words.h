// The words of an enumeration as one table, from which texts are written and read. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

template <class Value>
struct Word {
  std::string_view word;
  Value value;
};

// The first one of `value`; empty when there is none. At once where the table is in the order of
// the enumeration.
template <class Value, std::size_t size>
constexpr std::string_view word_of(const Word<Value> (&words)[size], Value value) {
  const auto index = static_cast<std::size_t>(value);
  if (index < size && words[index].value == value) return words[index].word;
  for (const Word<Value>& one : words) {
    if (one.value == value) return one.word;
  }
  return {};
}

// The value that is called so.
template <class Value, std::size_t size>
constexpr std::optional<Value> value_of(const Word<Value> (&words)[size], std::string_view word) {
  for (const Word<Value>& one : words) {
    if (one.word == word) return one.value;
  }
  return std::nullopt;
}

// `greylist, rate`: for what would be right.
template <class Value, std::size_t size>
std::string known_words(const Word<Value> (&words)[size]) {
  std::string text;
  for (const Word<Value>& one : words) text.append(text.empty() ? "" : ", ").append(one.word);
  return text;
}

}  // namespace postern

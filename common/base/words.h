// The words of an enumeration as one table, from which texts are written and read. Pure.
#pragma once

#include <cstddef>
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

}  // namespace postern

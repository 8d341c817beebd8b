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

// The first one of `value`; empty when there is none.
template <class Value, std::size_t size>
constexpr std::string_view word_of(const Word<Value> (&words)[size], Value value) {
  for (const Word<Value>& one : words) {
    if (one.value == value) return one.word;
  }
  return {};
}

}  // namespace postern

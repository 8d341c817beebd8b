// What a block of `size` bytes takes of the heap, for estimates: glibc's malloc adds a word, and
// gives multiples of 16 bytes, at least 32.
#pragma once

#include <algorithm>
#include <cstddef>

namespace postern::resolver {

constexpr std::size_t heap_bytes(std::size_t size) {
  return std::max<std::size_t>(32, (size + 8 + 15) / 16 * 16);
}

}  // namespace postern::resolver

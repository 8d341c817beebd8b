// UTF-8 as far as Postern needs it: is this a valid sequence, and how long is it. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern {

// `position` is below text.size().
inline unsigned char byte_at(std::string_view text, std::size_t position) {
  return static_cast<unsigned char>(text[position]);
}

// Bytes of the well-formed sequence at the start of `text` (Unicode 15, table 3-7), 0 if there is
// none: no overlong forms, no surrogates, nothing above U+10FFFF.
std::size_t utf8_length(std::string_view text);

}  // namespace postern

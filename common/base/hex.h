// Bytes in hexadecimal: two digits each, in lower case. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace postern {

inline std::string hex_of(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) text += {kDigits[byte >> 4U], kDigits[byte & 0xfU]};
  return text;
}

}  // namespace postern

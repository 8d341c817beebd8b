// Texts one behind the other, in one block of memory. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace postern {

inline std::string concat(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string text(size, '\0');
  char* end = text.data();
  for (const std::string_view part : parts) end = std::copy(part.begin(), part.end(), end);
  return text;
}

}  // namespace postern

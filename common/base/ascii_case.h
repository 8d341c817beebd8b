// Letters without regard to case, as SMTP, DNS and mail headers compare them: of ASCII alone. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace postern {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string ascii_lower(std::string_view text);

inline bool equal_ignoring_case(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](char a, char b) { return a == b || ascii_lower(a) == ascii_lower(b); });
}

}  // namespace postern

// Letters without regard to case, as SMTP, DNS and mail headers compare them: of ASCII alone. Pure.
#pragma once

#include <string>
#include <string_view>

namespace postern {

std::string ascii_lower(std::string_view text);
// REQUIRES: texts of the same length.
bool same_ignoring_case(std::string_view one, std::string_view other);
inline bool equal_ignoring_case(std::string_view one, std::string_view other) {
  return one.size() == other.size() && same_ignoring_case(one, other);
}

}  // namespace postern

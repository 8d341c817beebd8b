// Letters without regard to case, as SMTP, DNS and mail headers compare them: of ASCII alone. Pure.
#pragma once

#include <string>
#include <string_view>

namespace postern {

std::string ascii_lower(std::string_view text);
bool equal_ignoring_case(std::string_view one, std::string_view other);

}  // namespace postern

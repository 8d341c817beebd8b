// What one DNS list (RFC 5782) said for a decision. A list that refuses to answer, or is none any
// more, lists nobody, so whoever runs the daemons must hear of it. A value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/words.h"

namespace postern {

// From good to bad news about the list. `broken`: it is no list any more; `refused`: it does not
// serve this resolver.
enum class ListSays : std::uint8_t { unlisted, listed, unknown, waiting, broken, refused };
// Without `waiting`, which is nothing that a list says.
inline constexpr Word<ListSays> kListWords[] = {{"unlisted", ListSays::unlisted},
                                                {"listed", ListSays::listed},
                                                {"unknown", ListSays::unknown},
                                                {"broken", ListSays::broken},
                                                {"refused", ListSays::refused}};

struct DnsListReport {
  std::string_view zone;  // as it is told to people; the check has it
  ListSays says = ListSays::unlisted;
  std::string detail{};  // of `broken` and `refused`: `bl.example 127.255.255.254`
  friend bool operator==(const DnsListReport&, const DnsListReport&) = default;
};

}  // namespace postern

// Which interface the zone of a link-local address means (RFC 4007 11.2).
#pragma once

#include <optional>
#include <string>

namespace postern::os {

// The interface by name or number, as it is just now: interfaces come and go, and get other
// numbers. Nothing when there is none.
std::optional<int> zone_index(const std::string& zone);

}  // namespace postern::os

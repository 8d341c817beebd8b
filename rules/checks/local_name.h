// Names that lead nowhere on the Internet, so that DNS is not asked about them. Pure.
#pragma once

#include <string_view>

namespace postern::checks {

// Whether `name` is `zone` or below it. Both are normalised (DomainName::text()).
bool is_in_zone(std::string_view name, std::string_view zone);

// A label alone, or below localhost, localdomain, local, lan, internal or home.arpa: RFC 6761, RFC
// 6762, RFC 8375, what ICANN keeps for private use, and what routers and installers make up. `name`
// is normalised.
bool is_local_name(std::string_view name);

}  // namespace postern::checks

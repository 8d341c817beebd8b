// Names that providers make of the addresses of their customers: `dyn-203-0-113-7.pool.example`.
// Pure.
#pragma once

#include <string_view>

#include "common/base/ip_address.h"

namespace postern::checks {

// Whether the labels before the last two hold this very address: of IPv4 the four octets in decimal
// (also with leading zeros) or in hexadecimal, of IPv6 all nibbles or the last sixteen; in either
// order, with anything or nothing between them that is no digit. `name` is normalised
// (DomainName::text()).
bool holds_address(std::string_view name, const IpAddress& address);

}  // namespace postern::checks

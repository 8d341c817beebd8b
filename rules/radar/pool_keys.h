// What an event has in common with others: the key of its pool of each kind. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/ip_address.h"
#include "rules/radar/event.h"

namespace postern::radar {

// The first bits of an address. REQUIRES: a whole number of octets.
IpAddress network_of(const IpAddress& address, int v4_bits, int v6_bits);
// 192.0.2.0/24, 2001:db8::/64.
std::string network_text(const IpAddress& address);

// Whether `name` is `domain` or below it.
bool is_below(std::string_view name, std::string_view domain);

// What can be written into a list and a command line as it is: letters, digits, `.`, `_` and `-`.
bool is_plain_word(std::string_view text);

}  // namespace postern::radar

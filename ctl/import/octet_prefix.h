// Networks as Postfix's and sendmail's indexed tables write them: the beginning of an address, up
// to a dot or colon (`192.0.2`, `2001:db8`). Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern::import {

// How the program writes the IPv6 addresses whose text it compares; `any`: taken for what is meant.
enum class Ipv6Text { compressed, full, any };

// Whether the key can only be meant as an address or the beginning of one.
bool looks_like_octets(std::string_view key);

// The network of a network list: `192.0.2` is 192.0.2.0/24, `2001:db8` is 2001:db8::/32.
// Errors: no network; a text that the program never comes upon, or that stands for other addresses
// than those that begin alike.
Result<std::string> ipv4_octets(std::string_view key);
Result<std::string> ipv6_groups(std::string_view key, Ipv6Text written);

}  // namespace postern::import

// The network of an address, as those count it who count mail: what one customer has is a /24 of
// IPv4 and a /64 of IPv6. Pure.
#pragma once

#include <string>

#include "common/base/ip_address.h"

namespace postern {

// How many bits of an address tell one holder from another.
struct HolderBits {
  int v4 = 24;  // of 32
  int v6 = 64;  // of 128
};

// The first bits of the address; the others are 0.
IpAddress network_of(const IpAddress& address, HolderBits bits = {});
// `192.0.2.0/24`, `2001:db8::/64`; of ::1 it is `::/64`, which is no IpNetwork.
std::string network_text(const IpAddress& address, HolderBits bits = {});

}  // namespace postern

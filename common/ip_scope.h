// What an address is good for: whether mail from anywhere on the Internet could be delivered to it.
// Source: the IANA special-purpose address registries (RFC 6890 and its successors).
#pragma once

#include <string_view>

#include "common/ip_address.h"

namespace postern {

enum class IpScope {
  global,
  unspecified,    // 0.0.0.0/8, ::
  loopback,       // 127.0.0.0/8, ::1
  private_use,    // RFC 1918, RFC 6598 (carrier NAT), RFC 4193 (unique local)
  link_local,     // 169.254.0.0/16, fe80::/10
  multicast,      // 224.0.0.0/4, ff00::/8
  documentation,  // RFC 5737, RFC 3849
  reserved,       // 240.0.0.0/4 with the broadcast address, 192.0.0.0/24, 198.18.0.0/15, 100::/64
};

IpScope scope_of(const IpAddress& address);
std::string_view to_string(IpScope scope);

}  // namespace postern

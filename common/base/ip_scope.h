// What an address is good for: whether mail from anywhere on the Internet could be delivered to it.
// Source: the IANA special-purpose address registries (RFC 6890, RFC 8190 and their successors) as
// of 2025.
#pragma once

#include <optional>

#include "common/base/ip_address.h"

namespace postern {

enum class IpScope {
  global,
  unspecified,  // 0.0.0.0/8, ::
  loopback,     // 127.0.0.0/8, ::1: this machine
  private_use,  // RFC 1918, RFC 6598 (carrier NAT), RFC 4193 (unique local), RFC 8215 (a site's own
                // NAT64), fec0::/10 (site-local)
  link_local,   // 169.254.0.0/16, fe80::/10
  multicast,    // 224.0.0.0/4, ff00::/8
  documentation,  // RFC 5737, RFC 3849, RFC 9637
  reserved,       // what is given out to nobody, or leads nowhere
};

// An IPv6 address that holds an IPv4 one (embedded_v4()) leads there, so it is global or for
// documentation as that is. Else it is reserved: no network may lead there (RFC 6052 3.1, RFC 3056
// 2), and neither is it the machine or the network that the IPv4 address would be.
IpScope scope_of(const IpAddress& address);

// Whether the Internet can reach it. An address of documentation stands for one that it can,
// wherever it is used.
bool is_public(const IpAddress& address);

// The IPv4 address to which packets for this IPv6 address go in the end: by NAT64 with the
// well-known prefix (RFC 6052), 6to4 (RFC 3056) or Teredo (RFC 4380). Not for one that is an IPv4
// address for IpAddress already, and not for ISATAP (RFC 5214), whose prefix decides.
std::optional<IpAddress> embedded_v4(const IpAddress& address);

}  // namespace postern

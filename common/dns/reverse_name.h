// Under which names DNS knows an address: that of its PTR records, and that of a list of addresses.
// An IPv4-mapped IPv6 address is the IPv4 address. Pure.
#pragma once

#include <string>

#include "common/base/ip_address.h"
#include "common/dns/dns_name.h"

namespace postern::dns {

// `1.2.0.192`, and of IPv6 all 32 nibbles, the last first: `1.0.0.0. ... .8.b.d.0.1.0.0.2`.
std::string reversed_labels(const IpAddress& address);

// The same as a name; under the zone of a list of addresses it is what that is asked for (RFC 5782
// 2.1 and 2.4).
DnsName reversed(const IpAddress& address);

// `1.2.0.192.in-addr.arpa` (RFC 1035 3.5) or `... .ip6.arpa` (RFC 3596 2.5).
DnsName reverse_name(const IpAddress& address);

}  // namespace postern::dns

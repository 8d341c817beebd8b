// What the settings say of asking DNS: every default, limit and unit. Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "common/dns/dns_server.h"

namespace postern::resolver {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct DnsCacheSettings {
  std::size_t max_bytes = std::size_t{64} << 20;
  seconds min_ttl{0};
  seconds max_ttl{std::chrono::hours{24}};
  seconds max_negative_ttl{std::chrono::hours{3}};  // RFC 2308 5
  seconds failure_ttl{5};                           // first failure; doubles with each further one
  seconds max_failure_ttl{300};                     // RFC 9520 3.2: never more than five minutes
  friend bool operator==(const DnsCacheSettings&, const DnsCacheSettings&) = default;
};

// Which servers are asked in letters mixed by chance, as a secret beside id and port ("0x20"). Some
// name servers of others know no name but in lower case, so it is not for those whose packets
// nobody can forge.
enum class CaseRandomization { remote, always, never };

struct DnsSettings {
  // Empty: the servers of /etc/resolv.conf, as one group, in its order.
  std::vector<dns::DnsServerGroup> upstreams;
  milliseconds attempt_timeout{
      800};  // one datagram to one server; a second pass waits twice as long
  milliseconds query_timeout{4000};  // one question over all servers
  int passes = 2;                    // over the list of servers
  std::size_t max_in_flight = 4096;  // questions; more are answered `overloaded` at once, also of
                                     // one domain more than half of what is free
  int down_after_failures = 5;       // in a row: the server is then asked last, and probed
  seconds down_probe_interval{5};
  CaseRandomization case_randomization = CaseRandomization::remote;  // all but those on loopback
  DnsCacheSettings cache;
  friend bool operator==(const DnsSettings&, const DnsSettings&) = default;
};

}  // namespace postern::resolver

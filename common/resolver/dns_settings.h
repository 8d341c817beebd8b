// What the settings say of asking DNS: every key, default and bound. Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "common/base/setting.h"
#include "common/dns/dns_server.h"

namespace postern::resolver {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct DnsCacheSettings {
  std::size_t max_bytes = 64 * kMiB;
  seconds min_ttl{0};
  seconds max_ttl{std::chrono::hours{24}};
  seconds max_negative_ttl{std::chrono::hours{3}};  // RFC 2308 5
  seconds failure_ttl{5};                           // doubles with each further failure
  seconds max_failure_ttl{300};
  friend bool operator==(const DnsCacheSettings&, const DnsCacheSettings&) = default;

  static void describe(const auto& row) {
    using S = DnsCacheSettings;
    using namespace std::chrono_literals;
    row({"max_size", "Memory for answers"}, &S::max_bytes, Size{64 * kKiB, 64 * kGiB});
    row({"min_ttl", "Answers are kept at least this long"}, &S::min_ttl, Duration{0s, 1h});
    row({"max_ttl", "Answers are kept no longer than this"}, &S::max_ttl, Duration{1s, 24h * 7});
    row({"max_negative_ttl", "The same for what is not there; RFC 2308"}, &S::max_negative_ttl,
        Duration{0s, 24h});
    row({"failure_ttl", "How long a first failure is remembered, further ones twice as long"},
        &S::failure_ttl, Duration{1s, 5min});
    row({"max_failure_ttl", "RFC 9520 allows no more than five minutes"}, &S::max_failure_ttl,
        Duration{1s, 5min});
  }
};

// Which servers are asked in letters of random case, as a secret beside id and port ("0x20"). Some
// name servers of others know no name but in lower case, so it is not for those whose packets
// nobody can forge.
enum class CaseRandomization { remote, always, never };  // remote: all but those on loopback
inline constexpr Word<CaseRandomization> kCaseRandomizations[] = {
    {"remote", CaseRandomization::remote},
    {"always", CaseRandomization::always},
    {"never", CaseRandomization::never}};

struct DnsSettings {
  std::vector<dns::DnsServerGroup> upstreams;  // empty: the servers of /etc/resolv.conf, one group
  milliseconds attempt_timeout{800};           // a second pass waits twice as long
  milliseconds query_timeout{4000};
  int passes = 2;
  std::size_t max_in_flight = 4096;  // more are answered `overloaded` at once
  int down_after_failures = 5;
  seconds down_probe_interval{5};
  CaseRandomization case_randomization = CaseRandomization::remote;
  DnsCacheSettings cache;
  friend bool operator==(const DnsSettings&, const DnsSettings&) = default;

  static void describe(const auto& row) {
    using S = DnsSettings;
    using namespace std::chrono_literals;
    row({"upstreams",
         "Groups of servers, the next asked when one gives no answer; or the system's"},
        &S::upstreams, Upstreams{});
    row({"attempt_timeout", "One datagram to one server"}, &S::attempt_timeout,
        Duration{50ms, 10s});
    row({"query_timeout", "One question over all servers"}, &S::query_timeout, Duration{50ms, 60s});
    row({"passes", "Over the list of servers"}, &S::passes, Number{1, 5});
    row({"max_in_flight", "Questions at once; one domain gets half of what is free of them"},
        &S::max_in_flight, Number{1, 60000});
    row({"down_after_failures", "In a row, until a server is asked last, and probed"},
        &S::down_after_failures, Number{1, 1000});
    row({"down_probe_interval", "How often servers that are down are probed"},
        &S::down_probe_interval, Duration{1s, 1h});
    row({"case_randomization", "Servers that are asked in letters of random case"},
        &S::case_randomization, OneOf{kCaseRandomizations});
    row({"cache"}, &S::cache, Section{});
  }
};

}  // namespace postern::resolver

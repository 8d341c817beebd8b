// The networks that a domain lets send in its name: its SPF record as a list of networks, without a
// client to judge (RFC 7208). A pure function, called anew when facts are there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/base/domain_name.h"
#include "common/base/ip_network.h"
#include "rules/model/facts.h"

namespace postern::spf {

// Of one domain. The largest senders publish some hundred networks in a handful of records.
inline constexpr std::size_t kMaxPublishedNetworks = 4096;
inline constexpr std::size_t kMaxWalkedRecords = 64;
inline constexpr std::size_t kMaxWalkDepth = 10;
inline constexpr std::size_t kMaxWalkQuestions = 250;

struct PublishedNetworks {
  // absent: there is no record, or one that is none by the RFC, or beyond the bounds above.
  dns::DnsStatus status = dns::DnsStatus::temporary_failure;
  std::string problem{};  // why it was not found
  // Ascending, none inside another.
  std::vector<IpNetwork> networks{};
  // What lets senders in that are no such networks, with its reason; for people, printable, at most
  // kMaxLeftOut: `exists:%{i}.a.example (not a network)`.
  std::vector<std::string> left_out{};

  static constexpr std::size_t kMaxLeftOut = 20;
};

// Nothing: facts are missing.
//
// Taken are `ip4`, `ip6`, `a` and `mx` that pass, of both families, what passes of `include`, and
// `redirect`. What stands behind `all` is never reached. Left out are `all` itself, `ptr`,
// `exists`, what has macros, a network that is more than anybody owns (IpNetwork::is_broad()), and
// one that an earlier `ip4` or `ip6` which does not pass is about. More than a /7 of IPv4 or a /18
// of IPv6 in all is beyond the bounds. What is wrong with one record is wrong with all (5.2, 6.1),
// and one fault of DNS makes all of it a temporary failure.
std::optional<PublishedNetworks> published_networks(const DomainName& domain, FactView& facts);

}  // namespace postern::spf

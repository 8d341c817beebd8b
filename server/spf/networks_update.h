// What becomes of the networks of a list out of SPF when its domains have been asked. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rules/spf/kept_networks.h"
#include "rules/spf/published_networks.h"

namespace postern::spf {

// Of a domain with fewer networks half may well go.
inline constexpr std::size_t kGuardedNetworks = 10;

// Whether a domain may lose more than half of its networks, or all.
enum class ShrinkGuard { on, off };

struct AskedDomain {
  DomainName domain;
  PublishedNetworks published;
};

struct NetworksUpdate {
  NetworksByDomain networks;  // to be kept; without a domain that could never be asked
  // For people, one for each domain that has one; `a.example: TXT of a.example: servfail, its 12
  // networks stay`.
  std::vector<std::string> problems;
  std::vector<std::string> left_out;  // `a.example: ptr (not a network)`
};

// Of a list of exactly these domains, `kept` being what it had of them and of others. A domain that
// could not be asked keeps what it had. So does, under the guard, one that publishes nothing any
// more, or of kGuardedNetworks or more less than half.
NetworksUpdate update_networks(const NetworksByDomain& kept, const std::vector<AskedDomain>& asked,
                               ShrinkGuard guard);

}  // namespace postern::spf

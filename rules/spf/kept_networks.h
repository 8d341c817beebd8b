// The networks that the domains of a list out of SPF publish, as a file keeps them from one start
// to the next: a network a line, or `none`, behind it the domains. Both ways; what is read back is
// not trusted. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/domain_name.h"
#include "common/base/ip_network.h"

namespace postern::spf {

// Of one list.
inline constexpr std::size_t kMaxSpfDomains = 32;
inline constexpr std::size_t kMaxKeptFile = std::size_t{16} << 20;

struct KeptNetwork {
  IpNetwork network;
  std::vector<DomainName> domains;  // that publish it
  int line = 0;
};

struct KeptNetworks {
  std::vector<KeptNetwork> networks;
  // That were asked and publish none.
  std::vector<DomainName> without{};
  int first_fault = 0;  // the first line that was left out; 0: there is none
};

// Ascending, as published_networks() has them; none: the domain publishes none.
using NetworksByDomain = std::map<DomainName, std::vector<IpNetwork>>;

// Leaves out every line that format_kept_networks() would not write, and networks that are more
// than anybody owns.
KeptNetworks parse_kept_networks(std::string_view text);

std::string format_kept_networks(const NetworksByDomain& networks);

NetworksByDomain by_domain(const KeptNetworks& kept);

// The owner of an entry that these domains publish: `a.example b.example`.
std::string owner_text(const std::vector<DomainName>& domains);
// And back; whatever is no name is left out.
std::vector<DomainName> domains_of_owner(std::string_view owner);

}  // namespace postern::spf

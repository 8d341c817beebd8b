#include <algorithm>
#include <sstream>

#include "common/io/resolver.h"

namespace postern {
namespace {

// resolv.conf(5) stops at three; a few more do no harm, thousands would.
constexpr std::size_t kMaxServers = 16;

}  // namespace

DnsServerGroup parse_resolv_conf(const std::string& text) {
  DnsServerGroup servers;
  std::istringstream lines(text);
  for (std::string line; servers.size() < kMaxServers && std::getline(lines, line);) {
    std::istringstream words(line);
    std::string keyword;
    std::string value;
    if (!(words >> keyword >> value) || keyword != "nameserver") continue;
    const auto address = IpAddress::parse(value);
    if (!address) continue;
    const DnsServer server{*address, 53};
    if (std::find(servers.begin(), servers.end(), server) == servers.end()) {
      servers.push_back(server);
    }
  }
  if (servers.empty()) servers.push_back({IpAddress::from_v4(0x7f000001), 53});
  return servers;
}

}  // namespace postern

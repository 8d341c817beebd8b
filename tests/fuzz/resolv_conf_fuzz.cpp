// Any resolv.conf(5) gives servers that can be asked: at least one, not too many, none twice.
#include <algorithm>
#include <string>

#include "common/io/resolver.h"
#include "tests/fuzz/require.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const auto servers = parse_resolv_conf(std::string(as_text(data, size)));
  require(!servers.empty() && servers.size() <= 16);
  for (const DnsServer& server : servers) {
    require(server.port == 53);
    require(std::count(servers.begin(), servers.end(), server) == 1);
  }
  std::string written;
  for (const DnsServer& server : servers) {
    written += "nameserver " + server.address.to_string() + "\n";
  }
  require(parse_resolv_conf(written) == servers);
  return 0;
}

// Any resolv.conf(5) gives servers that can be asked: not too many, none twice, each the same when
// it is written again. Whatever names a server is used or said.
#include "common/resolver/resolv_conf.h"

#include <algorithm>
#include <string>

#include "tests/fuzz/require.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const std::string_view text = as_text(data, size);
  Diagnostics said;
  const auto servers = resolver::parse_resolv_conf(text, "resolv.conf", said);
  require(servers.size() <= 16 && said.errors() == 0 && said.all().size() <= 21);
  std::string written;
  for (const dns::DnsServer& server : servers) {
    require(server.port != 0 && !server.lacks_zone());
    require(std::count(servers.begin(), servers.end(), server) == 1);
    written += "nameserver " + server.to_string() + "\n";
  }
  if (servers.empty() && text.starts_with("nameserver ")) require(!said.all().empty());
  Diagnostics nothing;
  require(resolver::parse_resolv_conf(written, "resolv.conf", nothing) == servers);
  require(nothing.all().empty());
  return 0;
}

// Any bytes give settings or an error; settings keep what the header promises of them.
#include "server/config/settings_file.h"

#include "tests/fuzz/require.h"

namespace postern::settings_file_fuzz {
namespace {

// What is left of it whatever it is.
void check_salvage(std::string_view text) {
  const config::Settings settings = config::salvage_settings(text);
  require(!settings.control || settings.control->folder.starts_with('/'));
  require(settings.state_folder.empty() || settings.state_folder.starts_with('/'));
}

void check(std::string_view text) {
  check_salvage(text);
  Diagnostics diagnostics;
  const auto settings = config::load_settings(text, "f", diagnostics);
  require(settings.has_value() == !diagnostics.has_errors());
  if (!settings) return;
  auto addresses = settings->policyd.listen;
  if (settings->milter.listen) addresses.push_back(*settings->milter.listen);
  require(!addresses.empty());
  for (const ListenAddress& address : addresses) {
    const bool is_unix = address.kind == ListenAddress::Kind::unix_socket;
    require(is_unix == address.path.starts_with('/'));
    require(address.path.size() <= 107 && address.mode <= 0777);
  }
  for (const dns::DnsServerGroup& group : settings->dns.upstreams) {
    require(!group.empty());
    for (const dns::DnsServer& server : group) require(server.port != 0);
  }
  require(settings->dns.cache.min_ttl <= settings->dns.cache.max_ttl);
  require(settings->dns.cache.failure_ttl <= settings->dns.cache.max_failure_ttl);
}

}  // namespace
}  // namespace postern::settings_file_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::settings_file_fuzz::check(postern::as_text(data, size));
  return 0;
}

// Whatever stands in the file of a list out of SPF, what is read of it is what would be written: of
// a line that is taken every byte, and nothing wide.
#include "rules/spf/kept_networks.h"

#include <string>

#include "tests/fuzz/require.h"

namespace postern::kept_networks_fuzz {
namespace {

void check(std::string_view text) {
  const spf::KeptNetworks kept = spf::parse_kept_networks(text);
  for (const spf::KeptNetwork& one : kept.networks) {
    require(!one.network.is_broad() && !one.domains.empty() && one.line > 0);
    const std::string line =
        one.network.to_string() + " owner=\"" + spf::owner_text(one.domains) + "\"";
    require(text.find(line) != std::string_view::npos);
  }
  const auto networks = spf::by_domain(kept);
  const spf::KeptNetworks again = spf::parse_kept_networks(spf::format_kept_networks(networks));
  // So many domains have no line of their own as more than kMaxSpfDomains name one network.
  if (networks.size() <= spf::kMaxSpfDomains) {
    require(again.first_fault == 0 && spf::by_domain(again) == networks);
  }
}

}  // namespace
}  // namespace postern::kept_networks_fuzz

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  postern::kept_networks_fuzz::check(postern::as_text(data, size));
  return 0;
}

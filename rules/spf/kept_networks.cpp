#include "rules/spf/kept_networks.h"

#include <algorithm>
#include <utility>

#include "rules/spf/published_networks.h"

namespace postern::spf {
namespace {

constexpr const char* kHead =
    "# Networks of which these domains' SPF records say that they send. Written by Postern.\n";
constexpr std::string_view kOwner = " owner=\"";
constexpr std::string_view kNone = "none";
// And the head, and the line of those without.
constexpr int kMostLines = static_cast<int>(kMaxSpfDomains * kMaxPublishedNetworks) + 2;

std::string line_of(std::string_view network, const std::vector<DomainName>& domains) {
  return std::string(network).append(kOwner).append(owner_text(domains)).append("\"");
}

// `192.0.2.0/24 owner="a.example b.example"`. False: format_kept_networks() does not write it.
bool parse_line(std::string_view line, int number, KeptNetworks& kept) {
  const std::size_t end = line.find(kOwner);
  if (end == std::string_view::npos || !line.ends_with('"')) return false;
  const std::string_view quoted = line.substr(end + kOwner.size());
  if (quoted.empty()) return false;
  auto domains = domains_of_owner(quoted.substr(0, quoted.size() - 1));
  const bool has_domains = !domains.empty() && domains.size() <= kMaxSpfDomains;
  if (!has_domains || line != line_of(line.substr(0, end), domains)) return false;
  if (line.substr(0, end) == kNone) {
    kept.without.insert(kept.without.end(), domains.begin(), domains.end());
    return true;
  }
  const auto network = IpNetwork::parse(line.substr(0, end));
  if (!network || network->is_broad() || network->to_string() != line.substr(0, end)) return false;
  kept.networks.push_back({*network, std::move(domains), number});
  return true;
}

}  // namespace

KeptNetworks parse_kept_networks(std::string_view text) {
  KeptNetworks kept;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with('#')) continue;
    const bool is_read = number <= kMostLines && parse_line(line, number, kept);
    if (!is_read && kept.first_fault == 0) kept.first_fault = number;
  }
  return kept;
}

std::string format_kept_networks(const NetworksByDomain& networks) {
  std::map<IpNetwork, std::vector<DomainName>> domains;
  std::vector<DomainName> without;
  for (const auto& [domain, published] : networks) {
    if (published.empty()) without.push_back(domain);
    for (const IpNetwork& network : published) domains[network].push_back(domain);
  }
  std::string text = kHead;
  for (const auto& [network, names] : domains) text += line_of(network.to_string(), names) + '\n';
  if (!without.empty()) text += line_of(kNone, without) + '\n';
  return text;
}

NetworksByDomain by_domain(const KeptNetworks& kept) {
  NetworksByDomain networks;
  for (const KeptNetwork& one : kept.networks) {
    for (const DomainName& domain : one.domains) networks[domain].push_back(one.network);
  }
  for (const DomainName& domain : kept.without) networks.try_emplace(domain);
  for (auto& [domain, published] : networks) {
    std::ranges::sort(published);
    published.erase(std::unique(published.begin(), published.end()), published.end());
  }
  return networks;
}

std::string owner_text(const std::vector<DomainName>& domains) {
  std::string text;
  for (const DomainName& domain : domains) {
    text.append(text.empty() ? "" : " ").append(domain.text());
  }
  return text;
}

std::vector<DomainName> domains_of_owner(std::string_view owner) {
  std::vector<DomainName> domains;
  while (!owner.empty()) {
    const std::size_t end = std::min(owner.find(' '), owner.size());
    if (auto domain = DomainName::parse(owner.substr(0, end))) {
      domains.push_back(*std::move(domain));
    }
    owner.remove_prefix(std::min(end + 1, owner.size()));
  }
  return domains;
}

}  // namespace postern::spf

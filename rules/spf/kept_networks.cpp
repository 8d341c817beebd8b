#include "rules/spf/kept_networks.h"

#include <algorithm>
#include <optional>

#include "rules/spf/published_networks.h"

namespace postern::spf {
namespace {

constexpr const char* kHead =
    "# Networks of which these domains' SPF records say that they send. Written by Postern.\n";
constexpr std::string_view kOwner = " owner=\"";
constexpr std::size_t kMostLines = kMaxSpfDomains * kMaxPublishedNetworks;

// `192.0.2.0/24 owner="a.example b.example"`
std::optional<KeptNetwork> parse_line(std::string_view line) {
  const std::size_t end = line.find(kOwner);
  if (end == std::string_view::npos || !line.ends_with('"')) return std::nullopt;
  const auto network = IpNetwork::parse(line.substr(0, end));
  const std::string_view quoted = line.substr(end + kOwner.size());
  if (!network || network->is_broad() || quoted.empty()) return std::nullopt;
  KeptNetwork kept{*network, domains_of_owner(quoted.substr(0, quoted.size() - 1))};
  const bool has_domains = !kept.domains.empty() && kept.domains.size() <= kMaxSpfDomains;
  if (!has_domains ||
      line != network->to_string() + std::string(kOwner) + owner_text(kept.domains) + '"') {
    return std::nullopt;
  }
  return kept;
}

}  // namespace

KeptNetworks parse_kept_networks(std::string_view text) {
  KeptNetworks kept;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with('#')) continue;
    auto network = kept.networks.size() < kMostLines ? parse_line(line) : std::nullopt;
    if (network) {
      network->line = number;
      kept.networks.push_back(*std::move(network));
    } else if (kept.first_fault == 0) {
      kept.first_fault = number;
    }
  }
  return kept;
}

std::string format_kept_networks(const NetworksByDomain& networks) {
  std::map<IpNetwork, std::vector<DomainName>> domains;
  for (const auto& [domain, published] : networks) {
    for (const IpNetwork& network : published) domains[network].push_back(domain);
  }
  std::string text = kHead;
  for (const auto& [network, names] : domains) {
    text.append(network.to_string()).append(kOwner).append(owner_text(names)).append("\"\n");
  }
  return text;
}

NetworksByDomain by_domain(const KeptNetworks& kept) {
  NetworksByDomain networks;
  for (const KeptNetwork& one : kept.networks) {
    for (const DomainName& domain : one.domains) networks[domain].push_back(one.network);
  }
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

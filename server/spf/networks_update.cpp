#include "server/spf/networks_update.h"

#include <optional>

#include "common/base/counted.h"

namespace postern::spf {
namespace {

constexpr const char* kAccept =
    ". If this is meant: posternctl reload --accept-shrunk, or 'may_shrink: yes' in the list";

// Why the domain is not what it was.
std::optional<std::string> problem_of(const PublishedNetworks& published, std::size_t had) {
  if (published.status != dns::DnsStatus::found) return published.problem;
  const std::size_t has = published.networks.size();
  if (has == 0) return "it publishes no network";
  if (had < kGuardedNetworks || has * 2 >= had) return std::nullopt;
  return "it publishes " + counted(has, "network") + ", had " + std::to_string(had);
}

}  // namespace

NetworksUpdate update_networks(const NetworksByDomain& kept, const std::vector<AskedDomain>& asked,
                               ShrinkGuard guard) {
  NetworksUpdate update;
  for (const auto& [domain, published] : asked) {
    const auto before = kept.find(domain);
    const std::size_t had = before == kept.end() ? 0 : before->second.size();
    const auto problem = problem_of(published, had);
    const bool is_temporary = published.status == dns::DnsStatus::temporary_failure;
    const bool stays = problem && (is_temporary || guard == ShrinkGuard::on);
    if (before != kept.end() && (is_temporary || (stays && had > 0))) {
      update.networks.emplace(domain, before->second);
    } else if (!is_temporary) {
      update.networks.emplace(domain, published.networks);
    }
    const bool is_meant = problem && !stays && !published.networks.empty();
    if (problem && !is_meant) {
      std::string text = domain.text() + ": " + *problem;
      if (had > 0 && stays)
        text += "; its " + counted(had, "network") + (had == 1 ? " stays" : " stay");
      if (had > 0 && stays && !is_temporary) text += kAccept;
      update.problems.push_back(std::move(text));
    }
    for (const std::string& one : published.left_out) {
      update.left_out.push_back(domain.text() + ": " + one);
    }
  }
  return update;
}

}  // namespace postern::spf

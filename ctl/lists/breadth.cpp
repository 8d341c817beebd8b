#include "ctl/lists/breadth.h"

#include <array>

#include "common/base/ip_network.h"
#include "rules/lists/domain_list.h"
#include "rules/lists/safety_limits.h"
#include "rules/lists/well_known.h"

namespace postern::ctl {
namespace {

// Loopback, private, link-local.
constexpr std::array<std::string_view, 8> kOwn{"127.0.0.0/8",    "10.0.0.0/8",     "172.16.0.0/12",
                                               "192.168.0.0/16", "169.254.0.0/16", "::1",
                                               "fc00::/7",       "fe80::/10"};

// A list with that entry alone.
std::unique_ptr<lists::List> list_of(lists::ListKind kind, std::string_view entry) {
  auto list = lists::make_list(kind, "entry");
  if (!list->add(entry, 1, {}) || !list->build()) return nullptr;
  return list;
}

std::optional<std::string> popular_name(const Snapshot& snapshot, std::string_view entry,
                                        const lists::List& list, UtcTime now) {
  const auto hits = lists::find_well_known(list, snapshot.well_known(), now);
  if (!hits.empty()) return lists::domains_of(hits.front());
  if (list.kind() != lists::ListKind::domain || entry.starts_with('~')) return {};
  for (const lists::DomainList* popular : snapshot.well_known()) {
    if (popular->find(entry, now) != lists::kNoEntry)
      return std::string(entry);  // a name below one
  }
  return {};
}

}  // namespace

std::optional<std::string> why_too_broad(lists::ListKind kind, std::string_view entry) {
  if (kind == lists::ListKind::address && entry == "<>") return "it matches every bounce";
  const auto list = list_of(kind, entry);
  const auto broad = list ? lists::find_broad(*list) : std::vector<lists::BroadEntry>{};
  return broad.empty() ? std::nullopt : std::optional<std::string>(broad.front().why);
}

std::optional<std::string> popular_domain_hit(const Snapshot& snapshot, lists::ListKind kind,
                                              std::string_view entry, UtcTime now) {
  if (kind != lists::ListKind::domain && kind != lists::ListKind::address) return {};
  const auto list = list_of(kind, entry);
  if (!list) return {};
  return popular_name(snapshot, entry, *list, now);
}

std::optional<std::string> own_network_hit(lists::ListKind kind, std::string_view entry) {
  if (kind != lists::ListKind::network) return {};
  const auto network = IpNetwork::parse(entry);
  if (!network) return {};
  for (const std::string_view text : kOwn) {
    const auto own = IpNetwork::parse(text);
    // Of two networks that meet, one holds the other.
    if (own->contains(network->first()) || network->contains(own->first())) {
      return std::string(text);
    }
  }
  return {};
}

}  // namespace postern::ctl

#include "ctl/lists/guards.h"

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

bool serves(const Action& action, Intent intent) {
  switch (kind_of(action)) {
    case ActionKind::reject:
    case ActionKind::defer:
    case ActionKind::discard:
    case ActionKind::hold:
    case ActionKind::redirect:
      return intent == Intent::block;
    case ActionKind::pass:
      return intent == Intent::allow;
    default:
      return false;
  }
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

std::optional<std::string> conflicting_entry(const lists::List& list, const std::vector<int>& lines,
                                             Intent intent) {
  for (const int line : lines) {
    for (lists::EntryId id = 0; id < list.entries().size(); ++id) {
      if (list.entries().line(id) != line) continue;
      const lists::EntryData* data = list.entries().data(id);
      if (data == nullptr || !data->then || serves(*data->then, intent)) continue;
      return list.file_of(id) + ":" + std::to_string(line) + ": " + list.entry_text(id) +
             " is there with an action of its own (then=), which is another; unblock it first";
    }
  }
  return std::nullopt;
}

std::vector<std::string> decided_above(const Snapshot& snapshot, const std::vector<ListUse>& uses,
                                       lists::ListKind kind, const std::string& value,
                                       Intent intent, UtcTime now) {
  std::vector<std::string> notes;
  for (const ListUse& use : uses_of_lists(snapshot)) {
    if (use.rule >= uses.front().rule || use.rule->mode != Mode::enforce) continue;
    if (is_about_recipients(use) || use.list->kind() != kind) continue;
    const lists::EntryId id = find_value(*use.list, kind, value, now);
    if (id == lists::kNoEntry) continue;
    const lists::EntryData* data = use.list->entries().data(id);
    const Action& action = data != nullptr && data->then ? *data->then : *use.action;
    const Intent other = intent == Intent::block ? Intent::allow : Intent::block;
    if (!serves(action, other)) continue;
    ListUse effective = use;
    effective.action = &action;
    notes.push_back("but decided above by " + use.list->entry_text(id) + " (" +
                    use.list->file_of(id) + ":" + std::to_string(use.list->entries().line(id)) +
                    "), " + describe(effective));
  }
  return notes;
}

}  // namespace postern::ctl

#include "ctl/lists/list_use.h"

#include <algorithm>

#include "rules/lists/address_list.h"
#include "rules/lists/domain_list.h"
#include "rules/lists/network_list.h"
#include "rules/lists/text_list.h"

namespace postern::ctl {
namespace {

// A label that nobody has, for what a pattern stands for.
constexpr std::string_view kSomebody = "q7x2k";

void add_uses(const Rule& rule, const Predicate& predicate, std::vector<ListUse>& uses) {
  for (const lists::List* list : predicate.lists) {
    if (list->then()) {
      uses.push_back({&rule, predicate.attribute, list, &*list->then()});
      continue;
    }
    for (const Action& action : *rule.then()) {
      uses.push_back({&rule, predicate.attribute, list, &action});
    }
  }
}

lists::EntryId find_domain(const lists::List& list, std::string_view name, UtcTime now) {
  return static_cast<const lists::DomainList&>(list).find(name, now);
}

lists::EntryId find_address(const lists::List& list, std::string_view text, UtcTime now) {
  return static_cast<const lists::AddressList&>(list).find(MailAddress::from_envelope(text), now);
}

// The name that a domain pattern stands for; empty when it is none in particular.
std::string name_of(std::string_view pattern) {
  if (pattern.starts_with("*.")) return std::string(kSomebody) + std::string(pattern.substr(1));
  if (pattern.starts_with('.')) return std::string(pattern.substr(1));
  if (pattern.starts_with('~') || pattern.ends_with(".*")) return {};
  return std::string(pattern);
}

lists::EntryId find_by_domain(const lists::List& list, std::string_view pattern, UtcTime now) {
  const std::string name = name_of(pattern);
  if (name.empty()) return lists::kNoEntry;
  if (list.kind() == lists::ListKind::domain) return find_domain(list, name, now);
  if (list.kind() != lists::ListKind::address) return lists::kNoEntry;
  return find_address(list, std::string(kSomebody) + "@" + name, now);
}

lists::EntryId find_by_address(const lists::List& list, std::string_view pattern, UtcTime now) {
  if (const auto old = old_style_address(pattern); old && !pattern.starts_with('~')) {
    return find_by_address(list, std::string(old->user) + "@" + std::string(old->host), now);
  }
  const std::size_t at = pattern.rfind('@');
  if (pattern == "<>" && list.kind() == lists::ListKind::address)
    return find_address(list, "", now);
  if (at == std::string_view::npos || pattern.starts_with('~')) return lists::kNoEntry;
  const std::string_view domain = pattern.substr(at + 1);
  if (list.kind() == lists::ListKind::domain && !domain.empty())
    return find_domain(list, domain, now);
  if (list.kind() != lists::ListKind::address) return lists::kNoEntry;
  if (domain.empty()) return find_address(list, std::string(pattern) + "q7x2k.example", now);
  return find_address(
      list, at == 0 ? std::string(kSomebody) + std::string(pattern) : std::string(pattern), now);
}

lists::EntryId find_by_network(const lists::List& list, std::string_view value, UtcTime now) {
  const auto network = IpNetwork::parse(value);
  if (!network || list.kind() != lists::ListKind::network) return lists::kNoEntry;
  return static_cast<const lists::NetworkList&>(list).find(network->first(), now);
}

}  // namespace

std::vector<ListUse> uses_of_lists(const Snapshot& snapshot) {
  std::vector<ListUse> uses;
  for (const Rule& rule : snapshot.rules()) {
    if (rule.check() != nullptr) continue;
    for (const PredicateId id : rule.when.all) add_uses(rule, snapshot.predicates()[id], uses);
  }
  return uses;
}

bool is_against(const ListUse& use) {
  const ActionKind kind = kind_of(*use.action);
  return is_final(kind) && kind != ActionKind::pass;
}

bool is_for(const ListUse& use, std::string_view check) {
  if (kind_of(*use.action) == ActionKind::pass) return check.empty();
  const auto* skip = std::get_if<Skip>(use.action);
  if (skip == nullptr) return false;
  return check.empty() ||
         std::find(skip->names.begin(), skip->names.end(), check) != skip->names.end();
}

bool is_about_recipients(const ListUse& use) {
  return use.attribute == Attribute::recipient || use.attribute == Attribute::recipient_domain;
}

std::string describe(const ListUse& use) {
  std::string out = "rule '" + use.rule->name + "' (" + use.rule->where.to_string() + "), by " +
                    std::string(to_string(use.attribute)) + ": " + action_text(*use.action);
  if (use.rule->mode != Mode::enforce) out += " (in mode log: nothing is done)";
  return out;
}

lists::EntryId find_value(const lists::List& list, lists::ListKind kind, std::string_view value,
                          UtcTime now) {
  switch (kind) {
    case lists::ListKind::domain:
      return find_by_domain(list, value, now);
    case lists::ListKind::address:
      return find_by_address(list, value, now);
    case lists::ListKind::network:
      return find_by_network(list, value, now);
    case lists::ListKind::text:
      if (list.kind() != lists::ListKind::text) return lists::kNoEntry;
      return static_cast<const lists::TextList&>(list).find(value, now);
  }
  return lists::kNoEntry;
}

std::vector<StandingEntry> entries_against(const Snapshot& snapshot, lists::ListKind kind,
                                           std::string_view value, UtcTime now) {
  std::vector<StandingEntry> found;
  for (const ListUse& use : uses_of_lists(snapshot)) {
    if (use.rule->mode != Mode::enforce || is_about_recipients(use)) continue;
    const lists::EntryId entry = find_value(*use.list, kind, value, now);
    if (entry == lists::kNoEntry) continue;
    ListUse effective = use;
    if (const Action* own = use.list->action_for(entry)) effective.action = own;
    const bool known = std::any_of(found.begin(), found.end(), [&](const StandingEntry& other) {
      return other.use.list == use.list && other.entry == entry;
    });
    if (is_against(effective) && !known) found.push_back({effective, entry});
  }
  return found;
}

}  // namespace postern::ctl

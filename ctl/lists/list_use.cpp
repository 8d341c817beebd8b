#include "ctl/lists/list_use.h"

#include "common/base/ip_network.h"
#include "common/base/mail_address.h"
#include "rules/lists/address_list.h"
#include "rules/lists/domain_list.h"
#include "rules/lists/network_list.h"
#include "rules/lists/text_list.h"
#include "rules/never_match.h"

namespace postern::ctl {
namespace {

// A label that nobody has, for what a pattern stands for.
constexpr std::string_view kSomebody = "q7x2k";

void add_uses(const Rule& rule, const Predicate& predicate, std::vector<ListUse>& uses) {
  for (const lists::List* list : predicate.lists) {
    if (list->then()) {
      uses.push_back({&rule, predicate.attribute, list, &*list->then(), predicate.header});
      continue;
    }
    for (const Action& action : *rule.then()) {
      uses.push_back({&rule, predicate.attribute, list, &action, predicate.header});
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

// An address literal (RFC 5321 4.1.3) without its brackets; else the value as it is.
std::string without_brackets(const std::string& value) {
  if (!value.starts_with('[') || !value.ends_with(']')) return value;
  const std::string inside = value.substr(1, value.size() - 2);
  return IpNetwork::parse(inside) ? inside : value;
}

// What has a mistake in it, too, as `192.0.2.0/33`: no name is made of numbers alone.
bool is_meant_as_network(std::string_view value) {
  constexpr std::string_view kNumbers = "0123456789";
  const std::string_view address = value.substr(0, value.find('/'));
  const auto is_made_of = [&](std::string_view characters) {
    return address.find_first_not_of(characters) == std::string_view::npos;
  };
  if (address.find(':') != std::string_view::npos) return is_made_of("0123456789abcdefABCDEF:.");
  return is_made_of("0123456789.") && address.find_first_of(kNumbers) != std::string_view::npos;
}

std::string about(const std::vector<Attribute>& attributes) {
  std::vector<std::string> names;
  names.reserve(attributes.size());
  for (const Attribute attribute : attributes) names.emplace_back(to_string(attribute));
  return names.empty() ? "" : " for " + alternatives(names);
}

// Where the value belongs, when it looks like one for a list of another kind; else `otherwise`.
std::string belongs(const Snapshot& snapshot, const lists::List& list, const std::string& value,
                    const std::function<bool(const ListUse&)>& fits, const std::string& otherwise) {
  const std::string plain = without_brackets(value);
  const std::string spelled = plain == value ? "" : plain + ", without brackets";
  const lists::ListKind kind = kind_by_looks(plain);
  if (kind == list.kind()) return spelled.empty() ? otherwise : "; want " + spelled;
  const auto names = names_of_lists(snapshot, [&](const ListUse& use) {
    return use.list->kind() == kind && fits(use) && !is_about_recipients(use);
  });
  const std::string where = names.empty() ? "a list of kind " + std::string(to_string(kind)) +
                                                ", which no rule uses for that; one would, by '" +
                                                attribute_for(kind) + ":'"
                                          : "--list " + alternatives(names);
  return "; such a value is for " + where + (spelled.empty() ? "" : ", as " + spelled);
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

bool blocks(const ListUse& use) {
  const ActionKind kind = kind_of(*use.action);
  return is_final(kind) && kind != ActionKind::pass;
}

bool allows(const ListUse& use, std::string_view check) {
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
                    std::string(to_string(use.attribute)) +
                    (use.header.empty() ? "" : "." + std::string(use.header)) + ": " +
                    action_text(*use.action);
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

std::vector<StandingEntry> entries_that_block(const Snapshot& snapshot, lists::ListKind kind,
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
    if (blocks(effective) && !known) found.push_back({effective, entry});
  }
  return found;
}

std::string alternatives(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

lists::ListKind kind_by_looks(const std::string& value) {
  if (IpNetwork::parse(value) || is_meant_as_network(value)) return lists::ListKind::network;
  const bool address =
      value == "<>" || value.find('@') != std::string::npos || old_style_address(value).has_value();
  return address ? lists::ListKind::address : lists::ListKind::domain;
}

std::string attribute_for(lists::ListKind kind) {
  if (kind == lists::ListKind::network) return "client";
  return kind == lists::ListKind::address ? "sender" : "sender_domain";
}

std::optional<std::string> why_not_for_list(const Snapshot& snapshot, const lists::List& list,
                                            const std::string& value,
                                            const std::function<bool(const ListUse&)>& fits) {
  const auto attributes = attributes_compared_with(list, snapshot.predicates());
  const std::string what = "list '" + list.name() + "' is of kind " +
                           std::string(to_string(list.kind())) + about(attributes) + ", and ";
  const auto alone = lists::make_list(list.kind(), "value");
  if (const auto added = alone->add(value, 1, {}); !added) {
    const std::string& why = added.error().text;
    const bool names_value = why.find(value) != std::string::npos;
    return what + (names_value ? "" : "'" + value + "' has ") + why +
           belongs(snapshot, list, value, fits, "");
  }
  const auto why = why_never_matches(attributes, *alone, 0);
  if (!why) return std::nullopt;
  return what + "'" + value + "' " + why->why +
         belongs(snapshot, list, value, fits, "; want " + why->want);
}

}  // namespace postern::ctl

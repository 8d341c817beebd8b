#include "ctl/lists/list_for_value.h"

#include "common/base/ip_network.h"
#include "common/base/mail_address.h"
#include "ctl/lists/edit_command.h"
#include "rules/never_match.h"

namespace postern::ctl {
namespace {

// An address literal (RFC 5321 4.1.3) without its brackets; else the value as it is.
std::string without_brackets(const std::string& value) {
  if (!value.starts_with('[') || !value.ends_with(']')) return value;
  const std::string inside = value.substr(1, value.size() - 2);
  return IpNetwork::parse(inside) ? inside : value;
}

std::string about(const std::vector<Attribute>& attributes) {
  std::vector<std::string> names;
  names.reserve(attributes.size());
  for (const Attribute attribute : attributes) names.emplace_back(to_string(attribute));
  return names.empty() ? "" : " for " + one_of(names);
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
  const std::string where = names.empty()
                                ? "a list of kind " + std::string(lists::to_string(kind)) +
                                      ", which no rule uses for that; one would, by '" +
                                      attribute_for(kind) + ":'"
                                : "--list " + one_of(names);
  return "; such a value is for " + where + (spelled.empty() ? "" : ", as " + spelled);
}

}  // namespace

lists::ListKind kind_by_looks(const std::string& value) {
  if (IpNetwork::parse(value)) return lists::ListKind::network;
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
                           std::string(lists::to_string(list.kind())) + about(attributes) +
                           ", and ";
  const auto alone = lists::make_list(list.kind(), "value");
  if (const auto added = alone->add(value, 1, {}); !added) {
    return what + added.error().text + belongs(snapshot, list, value, fits, "");
  }
  const auto why = why_never_matches(attributes, *alone, 0);
  if (!why) return std::nullopt;
  return what + "'" + value + "' " + why->why +
         belongs(snapshot, list, value, fits, "; want " + why->want);
}

}  // namespace postern::ctl

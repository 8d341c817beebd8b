#include "rules/lists/safety_limits.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "rules/lists/address_list.h"
#include "rules/lists/domain_list.h"
#include "rules/lists/network_list.h"
#include "rules/lists/text_list.h"

namespace postern::lists {
namespace {

// By entry, so that they come in the order in which they stand.
using Reasons = std::map<EntryId, std::string>;

// Of different ends, with and without digits, hyphens and labels: who hits one of them hits more.
constexpr std::array<std::string_view, 8> kMadeUp{
    "q7x2k.com",   "wvzjkxqp.net", "q7-x2k.org",       "mail.wvzjkxqp.de",
    "q7x2k.co.uk", "x2.q7wvk.fr",  "wvzjkxqp.example", "xn--q7x2k-9ta.info"};

constexpr std::string_view kLocalPart = "q7x2k@";

// Under the domains of countries these are shared by all, too.
constexpr std::array<std::string_view, 8> kShared{"ac",  "co",  "com", "edu",
                                                  "gov", "net", "ne",  "org"};

// Labels that good senders have in front of their domains.
constexpr std::array<std::string_view, 7> kEverybody{"mail", "email", "smtp",  "mx",
                                                     "news", "www",   "mailer"};

template <class Names>
bool is_one_of(std::string_view name, const Names& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_shared_below_country(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && name.size() - dot - 1 == 2 &&
         is_one_of(name.substr(0, dot), kShared);
}

std::optional<std::string> broad_name(DomainPattern pattern, std::string_view name) {
  const bool below = pattern == DomainPattern::suffix || pattern == DomainPattern::below;
  if (below && (name.find('.') == std::string_view::npos || is_shared_below_country(name))) {
    return "it matches every name below '" + std::string(name) + "'";
  }
  if (pattern == DomainPattern::prefix && is_one_of(name, kEverybody)) {
    return "many good senders begin with '" + std::string(name) + ".'";
  }
  return std::nullopt;
}

// `find_all(probe)` gives the entries that match it.
template <class FindAll>
void note_probes(std::string_view before, const char* what, FindAll find_all, Reasons& reasons) {
  for (const std::string_view name : kMadeUp) {
    const std::string probe = std::string(before) + std::string(name);
    for (const EntryId id : find_all(probe)) {
      reasons.try_emplace(id, "it matches " + probe + ", " + what + " made up to see");
    }
  }
}

void look_at(const DomainList& list, Reasons& reasons) {
  for (EntryId id = 0; id < list.entries().size(); ++id) {
    const auto why = broad_name(list.pattern(id), list.entries().key(id));
    if (why) reasons.try_emplace(id, *why);
  }
  note_probes(
      "", "a name", [&](const std::string& probe) { return list.find_all(probe, UtcTime::min()); },
      reasons);
}

void look_at(const AddressList& list, Reasons& reasons) {
  note_probes(
      kLocalPart, "an address",
      [&](const std::string& probe) {
        return list.find_all(MailAddress::from_envelope(probe), UtcTime::min());
      },
      reasons);
}

void look_at(const TextList& list, Reasons& reasons) {
  note_probes(
      "", "a text", [&](const std::string& probe) { return list.find_all(probe, UtcTime::min()); },
      reasons);
}

void look_at(const NetworkList& list, Reasons& reasons) {
  for (EntryId id = 0; id < list.entries().size(); ++id) {
    if (!list.network(id).is_broad()) continue;
    reasons.emplace(id, "it is more than anybody owns");
  }
}

Reasons reasons_for(const List& list) {
  Reasons reasons;
  switch (list.kind()) {
    case ListKind::network:
      look_at(static_cast<const NetworkList&>(list), reasons);
      break;
    case ListKind::domain:
      look_at(static_cast<const DomainList&>(list), reasons);
      break;
    case ListKind::address:
      look_at(static_cast<const AddressList&>(list), reasons);
      break;
    case ListKind::text:
      look_at(static_cast<const TextList&>(list), reasons);
      break;
  }
  return reasons;
}

}  // namespace

std::vector<BroadEntry> find_broad(const List& list) {
  std::vector<BroadEntry> found;
  for (auto& [entry, why] : reasons_for(list)) found.push_back({entry, std::move(why)});
  return found;
}

}  // namespace postern::lists

#include "ctl/breadth.h"

#include <algorithm>
#include <array>

#include "common/ip_network.h"
#include "rules/lists/address_list.h"
#include "rules/lists/domain_list.h"
#include "rules/lists/text_list.h"
#include "rules/lists/well_known.h"

namespace postern {
namespace {

// Of different ends, with and without digits, hyphens and labels: who hits one of them hits more.
constexpr std::array<std::string_view, 8> kMadeUp{
    "q7x2k.com",   "wvzjkxqp.net", "q7-x2k.org",       "mail.wvzjkxqp.de",
    "q7x2k.co.uk", "x2.q7wvk.fr",  "wvzjkxqp.example", "xn--q7x2k-9ta.info"};

// Under the domains of countries these are shared by all, too.
constexpr std::array<std::string_view, 8> kShared{"ac",  "co",  "com", "edu",
                                                  "gov", "net", "ne",  "org"};

bool is_shared_below_country(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || name.size() - dot - 1 != 2) return false;
  return std::find(kShared.begin(), kShared.end(), name.substr(0, dot)) != kShared.end();
}

// Labels that good senders have in front of their domains.
constexpr std::array<std::string_view, 7> kEverybody{"mail", "email", "smtp",  "mx",
                                                     "news", "www",   "mailer"};

// No registry has handed out more to one holder.
constexpr int kShortestIpv4 = 96 + 8;
constexpr int kShortestIpv6 = 19;

// Loopback, private, link-local.
constexpr std::array<std::string_view, 8> kOwn{"127.0.0.0/8",    "10.0.0.0/8",     "172.16.0.0/12",
                                               "192.168.0.0/16", "169.254.0.0/16", "::1",
                                               "fc00::/7",       "fe80::/10"};

constexpr std::string_view kLocalPart = "q7x2k";

std::optional<std::string> broad_domain(std::string_view entry, const DomainList& list,
                                        UtcTime now) {
  if (entry.ends_with(".*")) {
    const std::string_view label = entry.substr(0, entry.size() - 2);
    if (std::find(kEverybody.begin(), kEverybody.end(), label) == kEverybody.end()) return {};
    return "many good senders begin with '" + std::string(label) + ".'";
  }
  const std::size_t name = entry.find_first_not_of("*.");
  const bool below = entry.starts_with('.') || entry.starts_with("*.");
  if (below && (entry.find('.', name) == std::string_view::npos ||
                is_shared_below_country(entry.substr(name)))) {
    return "it matches every name below '" + std::string(entry.substr(name)) + "'";
  }
  for (const std::string_view probe : kMadeUp) {
    if (list.find(probe, now) == kNoEntry) continue;
    return "it matches " + std::string(probe) + ", a name made up to see";
  }
  return {};
}

std::optional<std::string> broad_address(std::string_view entry, const AddressList& list,
                                         UtcTime now) {
  if (entry == "<>") return "it matches every bounce";
  for (const std::string_view probe : kMadeUp) {
    const std::string text = std::string(kLocalPart) + "@" + std::string(probe);
    if (list.find(MailAddress::from_envelope(text), now) != kNoEntry) {
      return "it matches " + text + ", an address made up to see";
    }
  }
  return {};
}

std::optional<std::string> broad_network(std::string_view entry) {
  const auto network = IpNetwork::parse(entry);
  if (!network) return {};
  const int length = network->mapped_prefix_length();
  const bool is_v4 = entry.find(':') == std::string_view::npos;
  if (length >= (is_v4 ? kShortestIpv4 : kShortestIpv6)) return {};
  return "it is more than anybody owns";
}

std::optional<std::string> broad_text(const TextList& list, UtcTime now) {
  for (const std::string_view probe : kMadeUp) {
    if (list.find(probe, now) == kNoEntry) continue;
    return "it matches '" + std::string(probe) + "', a text made up to see";
  }
  return {};
}

// A list with that entry alone.
std::unique_ptr<List> list_of(ListKind kind, std::string_view entry) {
  auto list = make_list(kind, "entry");
  if (!list->add(entry, 1, {}) || !list->build()) return nullptr;
  return list;
}

std::optional<std::string> popular_name(const Snapshot& snapshot, std::string_view entry,
                                        const DomainList& list, UtcTime now) {
  const auto hits = find_well_known(list, snapshot.well_known(), now);
  if (!hits.empty()) return domains_of(hits.front());
  if (entry.starts_with('~')) return {};
  for (const DomainList* popular : snapshot.well_known()) {
    if (popular->find(entry, now) != kNoEntry) return std::string(entry);  // a name below one
  }
  return {};
}

std::optional<std::string> popular_mailboxes(const Snapshot& snapshot, const AddressList& list,
                                             UtcTime now) {
  for (const DomainList* popular : snapshot.well_known()) {
    for (EntryId id = 0; id < popular->entries().size(); ++id) {
      const std::string domain(popular->entries().key(id));
      const auto address = MailAddress::from_envelope(std::string(kLocalPart) + "@" + domain);
      if (list.find(address, now) != kNoEntry) return domain;
    }
  }
  return {};
}

}  // namespace

std::optional<std::string> why_too_broad(ListKind kind, std::string_view entry) {
  if (kind == ListKind::network) return broad_network(entry);
  const auto list = list_of(kind, entry);
  if (!list) return {};
  const UtcTime now{};
  if (kind == ListKind::domain) {
    return broad_domain(entry, static_cast<const DomainList&>(*list), now);
  }
  if (kind == ListKind::address) {
    return broad_address(entry, static_cast<const AddressList&>(*list), now);
  }
  return broad_text(static_cast<const TextList&>(*list), now);
}

std::optional<std::string> popular_domain_hit(const Snapshot& snapshot, ListKind kind,
                                              std::string_view entry, UtcTime now) {
  if (kind != ListKind::domain && kind != ListKind::address) return {};
  const auto list = list_of(kind, entry);
  if (!list) return {};
  if (kind == ListKind::address) {
    return popular_mailboxes(snapshot, static_cast<const AddressList&>(*list), now);
  }
  return popular_name(snapshot, entry, static_cast<const DomainList&>(*list), now);
}

std::optional<std::string> own_network_hit(ListKind kind, std::string_view entry) {
  if (kind != ListKind::network) return {};
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

}  // namespace postern

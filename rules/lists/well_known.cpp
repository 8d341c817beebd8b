#include "rules/lists/well_known.h"

#include <map>

#include "rules/lists/address_list.h"

namespace postern::lists {
namespace {

using Hits = std::map<EntryId, WellKnownHit>;

// A local part that nobody has.
constexpr std::string_view kSomebody = "q7x2k@";

std::vector<EntryId> entries_for(const List& list, std::string_view domain, UtcTime now) {
  if (list.kind() == ListKind::domain) {
    return static_cast<const DomainList&>(list).find_all(domain, now);
  }
  const auto address = MailAddress::from_envelope(std::string(kSomebody) + std::string(domain));
  return static_cast<const AddressList&>(list).find_all(address, now);
}

void add_hits(const List& list, std::string_view domain, UtcTime now, Hits& hits) {
  for (EntryId id : entries_for(list, domain, now)) {
    const auto hit = hits.try_emplace(id, WellKnownHit{id, std::string(domain), 0}).first;
    ++hit->second.domains;
  }
}

bool is_one_name(DomainPattern pattern) {
  return pattern == DomainPattern::exact || pattern == DomainPattern::suffix;
}

}  // namespace

std::vector<WellKnownHit> find_well_known(const List& list,
                                          const std::vector<const DomainList*>& well_known,
                                          UtcTime now) {
  Hits hits;
  if (list.kind() != ListKind::domain && list.kind() != ListKind::address) return {};
  for (const DomainList* names : well_known) {
    for (EntryId id = 0; id < names->entries().size(); ++id) {
      if (!is_one_name(names->pattern(id)) || !names->entries().alive(id, now)) continue;
      add_hits(list, names->entries().key(id), now, hits);
    }
  }
  std::vector<WellKnownHit> sorted;
  sorted.reserve(hits.size());
  for (auto& [id, hit] : hits) sorted.push_back(std::move(hit));
  return sorted;
}

std::string domains_of(const WellKnownHit& hit) {
  if (hit.domains == 1) return hit.domain;
  return hit.domain + " and " + std::to_string(hit.domains - 1) + " more";
}

}  // namespace postern::lists

#include "rules/lists/well_known.h"

#include <map>

namespace postern {
namespace {

using Hits = std::map<EntryId, WellKnownHit>;

void add_hits(const DomainList& list, std::string_view domain, UtcTime now, Hits& hits) {
  for (EntryId id : list.find_all(domain, now)) {
    const auto hit = hits.try_emplace(id, WellKnownHit{id, std::string(domain), 0}).first;
    ++hit->second.domains;
  }
}

bool is_one_name(DomainPattern pattern) {
  return pattern == DomainPattern::exact || pattern == DomainPattern::suffix;
}

}  // namespace

std::vector<WellKnownHit> find_well_known(const DomainList& list,
                                          const std::vector<const DomainList*>& well_known,
                                          UtcTime now) {
  Hits hits;
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

}  // namespace postern

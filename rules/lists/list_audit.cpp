#include "rules/lists/list_audit.h"

#include <algorithm>
#include <utility>

#include "rules/lists/address_list.h"
#include "rules/lists/network_list.h"
#include "rules/lists/text_list.h"
#include "rules/lists/well_known.h"

namespace postern::lists {
namespace {

// What one living entry was found to be.
struct Found {
  AuditFinding ListAudit::*finding = nullptr;  // null: nothing to say
  EntryId other = kNoEntry;
};

bool same_action(const List& list, EntryId one, EntryId other) {
  const Action* a = list.action_for(one);
  const Action* b = list.action_for(other);
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

// `next` is what would match in the place of `id`.
bool covers(const List& list, EntryId next, EntryId id) {
  return next != kNoEntry && !list.entries().expires(next) && same_action(list, next, id);
}

class DomainAudit {
 public:
  DomainAudit(const DomainList& list, UtcTime now) : list_(list), now_(now) {}

  [[nodiscard]] Found look_at(EntryId id) const {
    const DomainPattern pattern = list_.pattern(id);
    if (pattern == DomainPattern::regex) return {};
    const std::string_view name = list_.entries().key(id);
    const EntryId first = list_.find_pattern(pattern, name, now_);
    if (first != id) return {&ListAudit::duplicates, first};
    if (pattern == DomainPattern::prefix) return {};
    const EntryId next = next_around(pattern, name);
    if (covers(list_, next, id)) return {&ListAudit::covered, next};
    const EntryId above =
        pattern == DomainPattern::exact && next == kNoEntry ? exact_above(name) : kNoEntry;
    if (above != kNoEntry) return {&ListAudit::below_exact, above};
    return {};
  }

 private:
  // The suffix that would match what this entry matches, were it not there.
  [[nodiscard]] EntryId next_around(DomainPattern pattern, std::string_view name) const {
    EntryId id = kNoEntry;
    if (pattern != DomainPattern::suffix) {
      id = list_.find_pattern(DomainPattern::suffix, name, now_);
    }
    for (auto parent = parent_name(name); id == kNoEntry && !parent.empty();
         parent = parent_name(parent)) {
      id = std::min(list_.find_pattern(DomainPattern::suffix, parent, now_),
                    list_.find_pattern(DomainPattern::below, parent, now_));
    }
    return id;
  }

  [[nodiscard]] EntryId exact_above(std::string_view name) const {
    EntryId id = kNoEntry;
    for (auto parent = parent_name(name); id == kNoEntry && !parent.empty();
         parent = parent_name(parent)) {
      id = list_.find_pattern(DomainPattern::exact, parent, now_);
    }
    return id;
  }

  const DomainList& list_;
  UtcTime now_;
};

class NetworkAudit {
 public:
  NetworkAudit(const NetworkList& list, UtcTime now) : list_(list), now_(now) {}

  [[nodiscard]] Found look_at(EntryId id) const {
    const EntryId first = list_.find_network(list_.network(id), now_);
    if (first != id) return {&ListAudit::duplicates, first};
    EntryId next = list_.parent(id);
    while (next != kNoEntry &&
           (list_.network(next) == list_.network(id) || !list_.entries().alive(next, now_))) {
      next = list_.parent(next);
    }
    if (covers(list_, next, id)) return {&ListAudit::covered, next};
    return {};
  }

 private:
  const NetworkList& list_;
  UtcTime now_;
};

class AddressAudit {
 public:
  AddressAudit(const AddressList& list, UtcTime now) : list_(list), now_(now) {}

  [[nodiscard]] Found look_at(EntryId id) const {
    const std::string_view pattern = list_.entries().key(id);
    if (pattern.starts_with('~')) return {};
    const EntryId first = list_.find_pattern(pattern, now_);
    if (first != id) return {&ListAudit::duplicates, first};
    const EntryId next = next_around(pattern);
    if (covers(list_, next, id)) return {&ListAudit::covered, next};
    return {};
  }

 private:
  // Of `user@a.example`: `@a.example`, else `user@`.
  [[nodiscard]] EntryId next_around(std::string_view pattern) const {
    const std::size_t at = pattern.rfind('@');
    const bool whole = at != std::string_view::npos && at > 0 && at + 1 < pattern.size();
    if (!whole) return kNoEntry;
    const EntryId domain = list_.find_pattern(pattern.substr(at), now_);
    return domain != kNoEntry ? domain : list_.find_pattern(pattern.substr(0, at + 1), now_);
  }

  const AddressList& list_;
  UtcTime now_;
};

class TextAudit {
 public:
  TextAudit(const TextList& list, UtcTime now) : list_(list), now_(now) {}

  [[nodiscard]] Found look_at(EntryId id) const {
    const std::string_view word = list_.entries().key(id);
    if (word.starts_with('~')) return {};
    const EntryId first = list_.find_word(word, now_);
    if (first != id) return {&ListAudit::duplicates, first};
    return {};
  }

 private:
  const TextList& list_;
  UtcTime now_;
};

// False when there are enough examples.
bool count(AuditFinding& finding) {
  return ++finding.count <= AuditFinding::kExamples;
}

void add(const List& list, EntryId id, EntryId other, AuditFinding& finding) {
  if (!count(finding)) return;
  AuditExample example{list.entries().line(id), list.entry_text(id), {}, 0};
  if (other != kNoEntry) {
    example.other = list.entry_text(other);
    example.other_line = list.entries().line(other);
  }
  finding.examples.push_back(std::move(example));
}

template <class Audit>
void look_at_all(const List& list, UtcTime now, const Audit& audit, ListAudit& result) {
  for (EntryId id = 0; id < list.entries().size(); ++id) {
    if (!list.entries().alive(id, now)) {
      add(list, id, kNoEntry, result.expired);
      continue;
    }
    const Found found = audit.look_at(id);
    if (found.finding != nullptr) add(list, id, found.other, result.*found.finding);
  }
}

void look_for_well_known(const DomainList& list, UtcTime now,
                         const std::vector<const DomainList*>& well_known, AuditFinding& finding) {
  for (const WellKnownHit& hit : find_well_known(list, well_known, now)) {
    if (!count(finding)) continue;
    finding.examples.push_back(
        {list.entries().line(hit.entry), list.entry_text(hit.entry), domains_of(hit), 0});
  }
}

}  // namespace

ListAudit audit_list(const List& list, UtcTime now,
                     const std::vector<const DomainList*>& well_known) {
  ListAudit result;
  result.entries = list.entries().size();
  switch (list.kind()) {
    case ListKind::network:
      look_at_all(list, now, NetworkAudit(static_cast<const NetworkList&>(list), now), result);
      break;
    case ListKind::domain: {
      const auto& domains = static_cast<const DomainList&>(list);
      look_at_all(list, now, DomainAudit(domains, now), result);
      look_for_well_known(domains, now, well_known, result.well_known);
      break;
    }
    case ListKind::address:
      look_at_all(list, now, AddressAudit(static_cast<const AddressList&>(list), now), result);
      break;
    case ListKind::text:
      look_at_all(list, now, TextAudit(static_cast<const TextList&>(list), now), result);
      break;
  }
  return result;
}

}  // namespace postern::lists

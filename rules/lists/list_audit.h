// What is worth looking at in a list: entries that do nothing, or not what was probably meant. For
// posternctl and for who takes over a list from elsewhere. Pure; as long as the list.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rules/lists/domain_list.h"
#include "rules/lists/list.h"

namespace postern::lists {

struct AuditExample {
  int line = 0;
  std::string entry;   // as a person would write it
  std::string other;   // what it is compared with: an entry, or a domain; may be empty
  int other_line = 0;  // 0: `other` is no entry of this list
};

// The first kExamples in the order in which the entries stand, and how many there are.
struct AuditFinding {
  static constexpr std::size_t kExamples = 5;
  std::size_t count = 0;
  std::vector<AuditExample> examples;
};

struct ListAudit {
  std::size_t entries = 0;
  // Says the same as `other`, which comes first and counts.
  AuditFinding duplicates;
  // Could be left out: `other`, which does not expire, has the same action and is what would match
  // in its place.
  AuditFinding covered;
  // A name below `other`, which stands there for itself alone: was `.other` meant?
  AuditFinding below_exact;
  // Has stopped matching. Is counted nowhere else.
  AuditFinding expired;
  // Hits the domain `other`, which everybody knows.
  AuditFinding well_known;
};

// Of regexes, only whether they have expired and what well-known domains they hit. `well_known` is
// Snapshot::well_known(); may be empty.
ListAudit audit_list(const List& list, UtcTime now,
                     const std::vector<const DomainList*>& well_known);

}  // namespace postern::lists

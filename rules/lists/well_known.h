// Entries of a list that hit domains which everybody knows: popular ones, free mail providers.
// Block lists that are taken over from elsewhere hold some. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rules/lists/domain_list.h"

namespace postern::lists {

struct WellKnownHit {
  EntryId entry;
  std::string domain;   // the first one that it hits, in the order of the well-known lists
  std::size_t domains;  // how many it hits
};

// The living entries of `list` that match a name in `well_known`, in the order in which they stand.
// The names are those of the exact entries and of the suffixes there. Takes as long as the
// well-known lists, not as `list`. Of a list of addresses those that match any address of such a
// domain: one mailbox at a popular domain is no popular domain. Nothing of lists of other kinds.
std::vector<WellKnownHit> find_well_known(const List& list,
                                          const std::vector<const DomainList*>& well_known,
                                          UtcTime now);

// `gmail.com`, or `gmail.com and 41 more`.
std::string domains_of(const WellKnownHit& hit);

}  // namespace postern::lists

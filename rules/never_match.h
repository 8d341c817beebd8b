// Entries of lists that nothing can ever equal: an IP address among sender domains, a quoted local
// part among addresses. Such an entry says that it is in force, and does nothing. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/condition.h"
#include "rules/lists/list.h"

namespace postern {

struct NeverMatch {
  std::string why;   // `is an IP address, which no sender_domain is`
  std::string want;  // `it in a list of kind network`
};

// Nothing when a value of `attribute` can match the entry, and for a regex. The list may still be
// without build(). REQUIRES: it is of list_kind_of(attribute).
std::optional<NeverMatch> why_never_matches(Attribute attribute, const lists::List& list,
                                            lists::EntryId id);
// The same of an entry that is compared with several attributes: nothing as soon as one can match
// it (a HELO is what a client likes to say), or when there is none.
std::optional<NeverMatch> why_never_matches(const std::vector<Attribute>& attributes,
                                            const lists::List& list, lists::EntryId id);

// What the conditions compare with the list, each once.
std::vector<Attribute> attributes_compared_with(const lists::List& list,
                                                const std::vector<Predicate>& predicates);

}  // namespace postern

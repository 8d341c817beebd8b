// Where a value stands: the entries of lists, and of values inside rules, that match it or that it
// matches, and what the rules do by them. Pure.
#pragma once

#include <string>
#include <vector>

#include "rules/snapshot.h"

namespace postern::ctl {

// The entries of a list, living or expired, in their order: those that match the value, and where
// it is a pattern or a network those that it matches. `value` is what a person may give to `block`.
std::vector<lists::EntryId> entries_about(const lists::List& list, const std::string& value);

// All lists of the rules, those of values inside conditions at the end; each once.
std::vector<const lists::List*> all_lists(const Snapshot& snapshot);

// What each rule does by an entry of a list, the entry's own action in the place of the rule's:
// `rule 'campaign' (rules.yaml:12:5), by sender_domain: reject 550 5.7.1 "Banned"`. Rules that look
// at it for another reason, under `not:` or before a check, are there too.
std::vector<std::string> uses_of_entry(const Snapshot& snapshot, const lists::List& list,
                                       lists::EntryId entry);

}  // namespace postern::ctl

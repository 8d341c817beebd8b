// Entries of a list that match far more than anybody means: `~.`, `.com`, 0.0.0.0/0. One rule for
// what a person puts into a list by a command, by hand, or into a condition. Pure.
#pragma once

#include <vector>

#include "rules/lists/list.h"

namespace postern::lists {

// The living and the expired, in the order in which they stand. A pattern is one that matches a
// name that nobody has, made up to see, or all names below a top-level domain or what countries
// share (`.co.uk`, `.com.au`); a network, one that is larger than any that a registry has handed
// out. A top-level domain as an exact name matches nothing below it, and is none. Takes as long as
// the list. REQUIRES: build().
std::vector<BroadEntry> find_broad(const List& list);

}  // namespace postern::lists

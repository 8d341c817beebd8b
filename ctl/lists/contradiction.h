// What stands against an entry that is to be put into a list: an action of its own that is another,
// and rules above that decide the other way. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/lists/list_use.h"
#include "rules/snapshot.h"

namespace postern::ctl {

// Whether the mail that an entry hits is to be kept out or let in.
enum class Intent { against, in_favour };

// An entry of `list` on one of `lines` that is there already with an action of its own, which is
// not what is wanted; told with its place.
std::optional<std::string> contrary_entry(const lists::List& list, const std::vector<int>& lines,
                                          Intent intent);

// Rules in mode `enforce` above the first of `uses` that decide the other way about `value`, a text
// for each. `value` is an entry in canonical form of a list of kind `kind`. REQUIRES: `uses` is of
// `snapshot`, and not empty.
std::vector<std::string> decided_above(const Snapshot& snapshot, const std::vector<ListUse>& uses,
                                       lists::ListKind kind, const std::string& value,
                                       Intent intent, UtcTime now);

}  // namespace postern::ctl

// Lists that lost most of their entries, and a rule file that lost half of its rules: most likely a
// file that is written in place and only half there. A list of exemptions that is half there
// refuses honest mail, and rules that were cut off let in what they refused. A rule file that was
// cut between two rules is a valid one. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/diagnostic.h"
#include "rules/snapshot.h"

namespace postern::load {

// A shorter list may well lose half of its entries by hand.
inline constexpr std::size_t kGuardedEntries = 10;

// Of fewer rules half may well go by hand. What a list is for shows also in a shorter rule file.
inline constexpr std::size_t kGuardedRules = 4;

// One error for each list of the same name, kind and file that had kGuardedEntries or more in
// `before`, and in `after` has less than half of them and does not say `may_shrink: yes`. It points
// to the list in `rules`, the text of the rule file `file` that `after` was made of. One when of
// kGuardedRules or more in `before` half or more are gone; and one for each list which a rule of
// `before` used and which stands there still, used by none. Rules in mode off count, and under
// other names they are as many.
std::vector<Diagnostic> find_shrunk(const Snapshot& before, const Snapshot& after,
                                    std::string_view rules, const std::string& file);

}  // namespace postern::load

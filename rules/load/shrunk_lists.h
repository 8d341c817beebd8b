// Lists that lost most of their entries: most likely a file that is written in place and only half
// there, and a list of exemptions that is half there refuses honest mail. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/diagnostic.h"
#include "rules/snapshot.h"

namespace postern {

// A shorter list may well lose half of its entries by hand.
inline constexpr std::size_t kGuardedEntries = 10;

// One error for each list of the same name, kind and file that had kGuardedEntries or more in
// `before`, and in `after` has less than half of them and does not say `may_shrink: yes`. It points
// to the list in `rules`, the text of the rule file `file` that `after` was made of.
std::vector<Diagnostic> find_shrunk(const Snapshot& before, const Snapshot& after,
                                    std::string_view rules, const std::string& file);

}  // namespace postern

// Decides which kept generations are dropped. A feed may bring a generation each minute; the ones
// in which a person changed the rules must be found later all the same. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "common/base/utc_date.h"
#include "server/config/generation_store.h"

namespace postern::config {

// Stay whatever they are.
inline constexpr std::size_t kNewestKept = 10;
// Stay in all.
inline constexpr std::size_t kMostKept = 60;

// The numbers of those that may go. Beside the newest kNewestKept these stay: the last one before
// the rule file changed and the first one after, which is how a person changes rules; the last one
// of each hour (UTC) of the past day, and of each day of the past week. Of more than kMostKept the
// oldest go. `generations` are oldest first, by their numbers.
std::set<std::uint64_t> generations_to_drop(const std::vector<StoredGeneration>& generations,
                                            UtcTime now);

}  // namespace postern::config

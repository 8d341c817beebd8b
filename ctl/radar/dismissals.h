// What a person has said of campaigns: that they are none. Kept for 90 days, beside what the radar
// remembers and apart from it, so that nothing of it is lost with that. A line of JSON for each
// proposal. Blocks on files.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_date.h"
#include "rules/radar/pool.h"

namespace postern::ctl {

struct Dismissal {
  UtcTime at{};
  radar::PoolKind kind = radar::PoolKind::network;
  std::string key;  // of the pool
  std::string reason;
  std::string user;  // whose word it is
};

// `radar-dismissed` in the folder of `state:`.
std::string dismissals_path(const std::string& state_folder);

// Those that still count. Error: the file cannot be read; one that is not there has none.
Result<std::vector<Dismissal>> read_dismissals(const std::string& path, UtcTime now);
// Adds these to those that still count.
Result<void> add_dismissals(const std::string& path, const std::vector<Dismissal>& more,
                            UtcTime now);

}  // namespace postern::ctl

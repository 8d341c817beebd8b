// `posternctl status`: what the daemons answered, for a person at three in the morning: first what
// is wrong, then the rest. Pure, but for the command itself.
#pragma once

#include <string>
#include <vector>

#include "common/base/utc_date.h"
#include "ctl/status/status_problems.h"

namespace postern::ctl {

std::string status_text(const std::vector<DaemonAnswer>& answers,
                        const std::vector<StatusProblem>& problems, UtcTime now);

}  // namespace postern::ctl

// Wall time of this machine's zone, as the lines of a log have it.
#pragma once

#include <chrono>

#include "common/base/utc_date.h"
#include "ctl/log/log_time.h"

namespace postern::ctl {

// When it was. An hour that came twice is one of both; one that was left out is the hour after it.
UtcTime utc_of_local(LocalTime local);

}  // namespace postern::ctl

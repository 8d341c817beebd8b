// Points in time as people write them in lists: the day or the second at which an entry ends.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern {

using UtcTime = std::chrono::sys_seconds;

// `2026-12-31` means the end of that day, UTC: the first second of the next day.
// `2026-12-31T18:00:00Z` means that second (RFC 3339, UTC only).
Result<UtcTime> parse_expiry(std::string_view text);

// RFC 3339 with `Z`.
std::string format_utc(UtcTime time);

}  // namespace postern

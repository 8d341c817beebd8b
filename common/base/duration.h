// Durations as people write them in configuration files: `500ms`, `5s`, `10m`, `2h`, `7d`, `2w`.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern {

// One decimal number and one unit (ms, s, m, h, d, w), nothing else; at most ten years.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// The shortest of the forms above but weeks that is exact: 90000 ms is `90s`, 0 is `0s`.
std::string format_duration(std::chrono::milliseconds duration);
// Appends the same.
void append_duration(std::string& text, std::chrono::milliseconds duration);

// For people: in the largest of days, hours, minutes and seconds of which there are two, rounded
// down.
std::string rough_duration(std::chrono::milliseconds duration);

}  // namespace postern

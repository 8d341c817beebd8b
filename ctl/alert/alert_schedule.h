// When a hook is told what: each proposal once; at most one alert in a time, into which all goes
// that came meanwhile; after a failure the same alert again, later each time. Pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/base/utc_date.h"
#include "ctl/radar/alert_memory.h"

namespace postern::ctl {

inline constexpr std::chrono::minutes kFirstPause{1};  // after a failure; then twice as long
inline constexpr std::chrono::minutes kLongestPause{60};
// Longer than a proposal stays strong (kStrongFor).
inline constexpr std::chrono::hours kToldFor{48};

// The proposals of `strong` that go into an alert now; none: nothing is due. What was begun and
// failed comes back as it was, but for what is strong no more, and before anything else.
std::vector<AlertMark> due(const HookMemory& hook, const std::vector<AlertMark>& strong,
                           UtcTime now, std::chrono::seconds every);

// Before it is sent; and what has become of it.
void note_begun(HookMemory& hook, const std::vector<AlertMark>& alert);
void note_arrived(HookMemory& hook, const std::vector<AlertMark>& alert, UtcTime now);
void note_failed(HookMemory& hook, const std::string& error, UtcTime now);

}  // namespace postern::ctl

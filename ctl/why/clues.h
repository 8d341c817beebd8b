// From a pasted text to what it says of mails. Pure; every byte is hostile.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "ctl/log/log_time.h"
#include "ctl/why/clue.h"

namespace postern::ctl {

// Of one text; what comes after them is not looked at.
inline constexpr std::size_t kMaxClues = 100;

// Lines of logs, of which those about one queue id are one clue; else a bounce; else a token behind
// `quote`; else a message with its header; else a single word, or a token anywhere. Error: it is
// none of these.
Result<std::vector<Clue>> clues_of(std::string_view text, const LogCalendar& calendar);

// The decisions, and what an MTA says, in lines of logs; may be empty.
std::vector<Clue> clues_of_lines(std::string_view text, const LogCalendar& calendar);

}  // namespace postern::ctl

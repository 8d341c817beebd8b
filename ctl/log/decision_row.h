// A decision of the log as one row for a person: when, who, what, and why. Pure.
#pragma once

#include <string>

#include "ctl/cli/colours.h"
#include "ctl/log/log_entry.h"

namespace postern::ctl {

// Escaped, without an end.
std::string decision_row(const LogEntry& entry, Colours colours);

}  // namespace postern::ctl

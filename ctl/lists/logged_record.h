// A decision of the daemons' log as a record of the journal, as far as its line tells of it. Pure.
#pragma once

#include <optional>

#include "ctl/log/log_entry.h"
#include "rules/journal/record.h"

namespace postern::ctl {

// What a line does not have (header fields, and what it has cut) is untold; of DNS it has nothing.
// Nothing: it has no time, or is no decision about a stage that is known.
std::optional<journal::JournalRecord> record_of(const LogEntry& entry);

}  // namespace postern::ctl

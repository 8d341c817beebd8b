// One line of a log, whoever wrote it: a decision, another line of Postern's, or neither. Strict
// about what may stand in front, because a log of the mail system also has lines of others, in
// which clients can write `decision door=...`. Pure; every byte is hostile.
#pragma once

#include <optional>
#include <string_view>

#include "common/settings.h"
#include "common/utc_date.h"
#include "ctl/log_line.h"
#include "ctl/log_time.h"

namespace postern {

struct LogEntry {
  enum class Kind {
    decision,
    message,     // of Postern's, another one
    foreign,     // of another program, or of nobody that can be told
    unreadable,  // begins as a decision, and is none
  } kind = Kind::foreign;
  std::optional<UtcTime> time;
  std::optional<LogLevel> level;  // of a message, where it is known
  LogFields fields;               // of a decision
};

// As DaemonLog writes it, to a file or to the journal, and with what syslog or journalctl(1), -o
// short, short-iso and cat, have put in front.
LogEntry read_log_entry(std::string_view line, const LogCalendar& calendar);

}  // namespace postern

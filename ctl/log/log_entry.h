// One line of a log, whoever wrote it: a decision, another line of Postern's, or neither. Strict
// about what may stand in front (ctl/log/log_front.h), because a log of the mail system also has
// lines of others, in which clients can write `decision door=...`. Pure; every byte is hostile.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/log_format.h"
#include "common/base/utc_date.h"
#include "ctl/log/log_line.h"
#include "ctl/log/log_time.h"

namespace postern::ctl {

struct LogEntry {
  enum class Kind {
    decision,
    message,     // of Postern's, another one
    foreign,     // of another program, or an empty line
    unreadable,  // begins as a decision, and is none
    untrusted,   // a decision behind something that does not say that Postern has written it
    unknown,     // no front of any log that is known
  } kind = Kind::foreign;
  std::optional<UtcTime> time;
  std::optional<LogLevel> level;  // of a message, where it is known
  LogFields fields;               // of a decision and of an untrusted one
};

// As DaemonLog writes it, to a file or to the journal, with one of the fronts of take_front(), or
// as the object in which docker (`"log"`) or journalctl -o json (`"MESSAGE"`) keep a line.
LogEntry read_log_entry(std::string_view line, const LogCalendar& calendar);

}  // namespace postern::ctl

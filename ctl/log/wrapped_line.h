// A line of a log that stands as the value of a member of an object: of docker (`"log"`) and of
// journalctl(1) -o json (`"MESSAGE"`). Pure; every byte is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/log_format.h"
#include "ctl/log/log_time.h"

namespace postern::ctl {

struct WrappedLine {
  bool of_journal = false;  // else of docker, and what follows stands in front of the text
  std::optional<UtcTime> time;
  std::optional<LogLevel> level;
  std::string program;  // SYSLOG_IDENTIFIER; empty: it is not told
  std::string text;     // one line; of several the first
};

// Nothing: `line` is no such object.
std::optional<WrappedLine> unwrap(std::string_view line, const LogCalendar& calendar);

// `1795268402118000`, microseconds since the beginning of 1970: __REALTIME_TIMESTAMP.
std::optional<UtcTime> journal_time(std::string_view text);

}  // namespace postern::ctl

// One line of a log of whatever program: who has written it, when, and what. Whose log it is, is
// not asked: an MTA's lines are no decisions. Pure; every byte is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ctl/log/log_time.h"

namespace postern::ctl {

struct ProgramLine {
  std::optional<UtcTime> time;
  std::string program;  // `postfix/smtpd`, `sm-mta`
  std::string process;  // its number, as it stands there; may be empty
  std::string text;     // one line
};

// A line with one of the fronts of take_front(), also behind what a container puts there, or as an
// object of docker or journalctl(1). Nothing: the line names no program.
std::optional<ProgramLine> read_program_line(std::string_view line, const LogCalendar& calendar);

}  // namespace postern::ctl

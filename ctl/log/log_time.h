// The times at the beginning of log lines, as Postern, syslog and journalctl(1) write them. Pure,
// but for the zone of this machine.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

#include "common/base/utc_date.h"

namespace postern::ctl {

using LocalTime = std::chrono::local_seconds;

// What a time means that says no offset, or no year.
struct LogCalendar {
  UtcTime now;
  std::function<UtcTime(LocalTime)> to_utc;
};

// Takes a time from the front of `text`, and the blanks behind it: `2026-11-21T13:40:02.118+00:00`
// (also `+0000` and `Z`), `Nov 21 13:40:02`, and what journalctl(1) writes with -o short-full,
// `Sat 2026-11-21 13:40:02 CET` (a zone that is not UTC is that of the reader), and -o short-unix,
// `1795268402.118000`. Without a year it is the latest such time that is not
// beyond tomorrow. None: there is no such time, and `text` stays as it is.
std::optional<UtcTime> take_time(std::string_view& text, const LogCalendar& calendar);

// `2026-11-21`. None: there is no such day.
std::optional<std::chrono::local_days> parse_day(std::string_view text);

// When wall time of this machine was. An hour that came twice is one of both; one that was left out
// is the hour after it.
UtcTime utc_of_local(LocalTime local);

// Of the logs of this machine.
inline LogCalendar local_calendar(std::chrono::system_clock::time_point now) {
  return {std::chrono::floor<std::chrono::seconds>(now), utc_of_local};
}

}  // namespace postern::ctl

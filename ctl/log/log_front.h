// What log daemons, the journal and containers put in front of a line of Postern's. Strict, because
// a log also has lines of others, in which clients can write `decision door=...`: who wrote a line
// is known by its front alone. Pure; every byte is hostile.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/log_format.h"
#include "ctl/log/log_time.h"

namespace postern::ctl {

struct LogFront {
  enum class Writer {
    unknown,  // no front that is known
    unsure,   // a front that does not say who has written the line
    postern,
    other,
  } writer = Writer::unknown;
  std::optional<UtcTime> time;
  std::optional<LogLevel> level;  // of a line of Postern's, where the line says it
  std::string_view program;       // `postfix/smtpd[4711]`, into the line; empty: it is not named
};

// `{"time":"`, with which each line begins that Postern writes as an object.
inline constexpr std::string_view kLogObject = R"({"time":")";

// The number of syslog(3), 0 to 7.
LogLevel level_of_priority(char digit);
std::optional<LogLevel> level_named(std::string_view word);

// Takes the front off `line`. When Postern has written the line, what is left begins with
// `decision`, is the object, or is another text; when another program is named, what it wrote is
// left; else what is left is no matter. Known are:
// - Postern's own: `<6>` for the journal, `TIME LEVEL` for a file;
// - syslog as RFC 3164 and RFC 5424 have it, with and without priority;
// - journalctl(1) -o short, short-iso, short-precise, short-full, short-unix, short-monotonic and
//   with-unit, also with --no-hostname;
// - containers, in front of Postern's own or its object: `NAME | ` of docker compose, `[NAME] ` of
//   kubectl, `TIME stderr F ` of CRI, and the time that docker logs -t and kubectl put there.
LogFront take_front(std::string_view& line, const LogCalendar& calendar);

}  // namespace postern::ctl

// A log in which the lines of an MTA stand, and maybe Postern's among them: line by line. Records
// of journalctl(1) -o export count as lines. Pure; every byte is hostile.
#pragma once

#include <string_view>
#include <variant>

#include "ctl/log/journal_export.h"
#include "ctl/log/log_entry.h"
#include "ctl/log/log_time.h"
#include "ctl/maillog/mail_event.h"

namespace postern::ctl {

// What a line says: a decision of Postern's, trusted or not, something of a message, or nothing of
// either.
using MailLogLine = std::variant<std::monostate, LogEntry, MailEvent>;

class MailLog {
 public:
  explicit MailLog(LogCalendar calendar) : calendar_(std::move(calendar)) {}

  MailLogLine add(std::string_view line);
  // The log has ended. A person who has copied a record may have left out the empty line behind it.
  MailLogLine end() { return add(""); }

 private:
  [[nodiscard]] MailLogLine read(std::string_view line) const;

  LogCalendar calendar_;
  JournalExport journal_;
};

}  // namespace postern::ctl

#include "ctl/maillog/mail_log.h"

#include <optional>

#include "common/base/line_splitter.h"
#include "ctl/log/journal_export.h"
#include "ctl/log/log_line.h"
#include "ctl/maillog/mail_line.h"

namespace postern::ctl {

bool read_mail_log(std::istream& in, const LogCalendar& calendar,
                   const std::function<void(const MailEvent&)>& event) {
  JournalExport journal;
  const auto add = [&](std::string_view line) {
    const bool of_record = journal.add(line);
    const auto written = of_record ? journal.take() : read_program_line(line, calendar);
    if (!written) return;
    if (const auto found = read_mail_line(*written)) event(*found);
  };
  return read_lines(in, kMaxLogLine, add, [] {});
}

}  // namespace postern::ctl

// A whole log of an MTA as the events that are in it.
#pragma once

#include <functional>
#include <istream>

#include "ctl/log/log_time.h"
#include "ctl/maillog/mail_event.h"

namespace postern::ctl {

// Calls `event` for each line of Postfix or sendmail that says something of a message, in their
// order; records of journalctl(1) -o export count as lines. Lines of others, and such that are
// longer than kMaxLogLine, are passed over. False: the stream failed before its end
// (os::open_unpacked()).
bool read_mail_log(std::istream& in, const LogCalendar& calendar,
                   const std::function<void(const MailEvent&)>& event);

}  // namespace postern::ctl

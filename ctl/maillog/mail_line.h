// Reads lines of the logs of Postfix and sendmail, whoever has written them down: syslog, the
// journal, containers. For all commands that look at such a log. Pure; every byte is hostile: HELO
// names, addresses and replies of others stand in these lines nearly as they came.
//
// Postfix: smtpd_check.c (log_whatsup), cleanup_milter.c, postscreen_smtpd.c, smtpd.c, qmgr, and
// dsn_print of the delivery agents. sendmail: srvrsmtp.c, milter.c, deliver.c (logdelivery) and the
// rulesets' `ruleset=` lines.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "ctl/log/program_line.h"
#include "ctl/maillog/mail_event.h"

namespace postern::ctl {

// Recipients of one line that are kept.
inline constexpr std::size_t kMaxLineRecipients = 1000;

// rsyslogd's `message repeated 3 times: [ TEXT]`, behind a front as any, stands for three lines;
// for more than so many it counts as these.
inline constexpr std::size_t kMaxRepeats = 1000;

// What the text of a line of Postfix or sendmail says, behind its front: without time. Nothing: of
// no message, or not known.
std::optional<MailEvent> read_postfix_text(std::string_view text);
std::optional<MailEvent> read_sendmail_text(std::string_view text);

// The line of a program whose name is that of an MTA: `postfix/...` (also of another instance,
// `postfix-in/smtpd`), or `sendmail`, `sm-mta`, `sm-msp-queue`, `sm-que`.
std::optional<MailEvent> read_mail_line(const ProgramLine& line);

// A line with its front, or as a person has copied it: from the queue id on.
std::optional<MailEvent> read_mail_line(std::string_view line, const LogCalendar& calendar);

}  // namespace postern::ctl

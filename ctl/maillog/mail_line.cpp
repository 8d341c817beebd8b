#include "ctl/maillog/mail_line.h"

#include <algorithm>
#include <array>

namespace postern::ctl {
namespace {

constexpr std::array<std::string_view, 5> kSendmailNames{"sendmail", "sm-mta", "sm-msp-queue",
                                                         "sm-que", "sm-msp"};

// `postfix/smtpd`, `postfix-in/submission/smtpd`
bool is_postfix(std::string_view program) {
  return program.starts_with("postfix") && program.find('/') != std::string_view::npos;
}

bool is_sendmail(std::string_view program) {
  return std::find(kSendmailNames.begin(), kSendmailNames.end(), program) != kSendmailNames.end();
}

// The lines of the one MTA are none of the other's, but that they share `QID: from=<`.
std::optional<MailEvent> read_text(std::string_view text) {
  auto event = read_postfix_text(text);
  const bool of_postfix = event && (event->kind != MailEvent::Kind::sender ||
                                    text.find(", nrcpt=") != std::string_view::npos);
  if (of_postfix) return event;
  auto other = read_sendmail_text(text);
  return other ? other : event;
}

}  // namespace

std::optional<MailEvent> read_mail_line(const ProgramLine& line) {
  std::optional<MailEvent> event;
  if (is_postfix(line.program)) event = read_postfix_text(line.text);
  if (is_sendmail(line.program)) event = read_sendmail_text(line.text);
  if (event) event->time = line.time;
  return event;
}

std::optional<MailEvent> read_mail_line(std::string_view line, const LogCalendar& calendar) {
  if (const auto program = read_program_line(line, calendar)) return read_mail_line(*program);
  const std::size_t begin = line.find_first_not_of(" \t>");
  return begin == std::string_view::npos ? std::nullopt : read_text(line.substr(begin));
}

}  // namespace postern::ctl

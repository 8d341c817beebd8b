#include "ctl/maillog/mail_line.h"

#include <algorithm>
#include <array>

#include "common/base/whole_number.h"
#include "ctl/maillog/line_fields.h"

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

// How many lines the text stands for; takes away what says so.
std::size_t take_repeats(std::string_view& text) {
  std::string_view rest = text;
  if (take_until(rest, "message repeated ") != "") return 1;
  const auto number = take_until(rest, " times: [");
  const auto count = number ? parse_whole<std::size_t>(*number) : std::nullopt;
  if (!count || *count == 0 || !rest.ends_with(']')) return 1;
  rest.remove_suffix(1);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  text = rest;
  return std::min(*count, kMaxRepeats);
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
  std::string_view text = line.text;
  const std::size_t times = take_repeats(text);
  if (is_postfix(line.program)) event = read_postfix_text(text);
  if (is_sendmail(line.program)) event = read_sendmail_text(text);
  if (!event) return event;
  event->time = line.time;
  event->times = times;
  return event;
}

std::optional<MailEvent> read_mail_line(std::string_view line, const LogCalendar& calendar) {
  if (const auto program = read_program_line(line, calendar)) return read_mail_line(*program);
  const std::size_t begin = line.find_first_not_of(" \t>");
  return begin == std::string_view::npos ? std::nullopt : read_text(line.substr(begin));
}

}  // namespace postern::ctl

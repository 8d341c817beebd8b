#include "ctl/log/program_line.h"

#include "ctl/log/log_front.h"
#include "ctl/log/wrapped_line.h"

namespace postern::ctl {
namespace {

// `postfix/smtpd[4711]` to its two parts.
void set_program(ProgramLine& line, std::string_view tag) {
  const std::size_t bracket = tag.ends_with(']') ? tag.rfind('[') : std::string_view::npos;
  line.program = tag.substr(0, bracket);
  if (bracket == std::string_view::npos) return;
  line.process = tag.substr(bracket + 1, tag.size() - bracket - 2);
}

// What CRI and docker put in front of the front that the program itself has written.
void drop_container_time(std::string_view& text, const LogCalendar& calendar) {
  std::string_view rest = text;
  if (!take_time(rest, calendar)) return;
  for (const std::string_view stream : {"stdout F ", "stderr F "}) {
    if (rest.starts_with(stream)) text = rest.substr(stream.size());
  }
  if (take_time(rest, calendar)) text.remove_prefix(text.find(' ') + 1);  // docker logs -t
}

std::optional<ProgramLine> read_text(std::string_view text, const LogCalendar& calendar) {
  drop_container_time(text, calendar);
  const LogFront front = take_front(text, calendar);
  if (front.program.empty()) return std::nullopt;
  ProgramLine line;
  line.time = front.time;
  set_program(line, front.program);
  line.text = text;
  return line;
}

}  // namespace

std::optional<ProgramLine> read_program_line(std::string_view line, const LogCalendar& calendar) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (!line.starts_with('{')) return read_text(line, calendar);
  auto wrapped = unwrap(line, calendar);
  if (!wrapped) return std::nullopt;
  if (!wrapped->of_journal) return read_text(wrapped->text, calendar);
  if (wrapped->program.empty()) return std::nullopt;
  return ProgramLine{wrapped->time, std::move(wrapped->program), {}, std::move(wrapped->text)};
}

}  // namespace postern::ctl

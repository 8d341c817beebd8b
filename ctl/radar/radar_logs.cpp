#include "ctl/radar/radar_logs.h"

#include "common/base/line_splitter.h"
#include "common/os/unpacked_file.h"

namespace postern::ctl {

RadarLogs::RadarLogs(RadarFeed& feed, LogSource source, const CommandContext& context)
    : feed_(feed),
      source_(source),
      context_(context),
      calendar_{std::chrono::floor<std::chrono::seconds>(context.now), utc_of_local},
      mails_({[this](const auto& mail, const auto& part) { feed_.add(mail, part, mode_); }, {}}) {}

bool RadarLogs::read(const std::vector<std::string>& names, radar::Mode mode) {
  mode_ = mode;
  bool all = true;
  for (const std::string& name : names) {
    const auto file = name == "-" ? nullptr : os::open_unpacked(name);
    std::istream* const in = name == "-" ? &context_.in : file.get();
    if (in != nullptr && read(*in)) continue;
    context_.console.error(name, ": cannot be read");
    all = false;
  }
  return all;
}

bool RadarLogs::read(std::istream& in) {
  return read_lines(
      in, kMaxLogLine, [&](std::string_view line) { read_line(line); },
      [&] { feed_.add_overlong(); });
}

void RadarLogs::read_line(std::string_view line) {
  ++feed_.lines;
  if (source_ == LogSource::decisions) return feed_.add(read_log_entry(line, calendar_), mode_);
  const MailLogLine said = mail_log_.add(line);
  if (const auto* event = std::get_if<MailEvent>(&said)) mails_.add(*event);
}

}  // namespace postern::ctl

#include "ctl/radar/radar_logs.h"

#include "common/base/line_splitter.h"
#include "common/os/unpacked_file.h"
#include "ctl/maillog/mail_line.h"

namespace postern::ctl {

RadarLogs::RadarLogs(RadarFeed& feed, LogSource source, const CommandContext& context)
    : feed_(feed),
      source_(source),
      context_(context),
      calendar_{std::chrono::floor<std::chrono::seconds>(context.now), utc_of_local} {}

bool RadarLogs::read(const std::vector<std::string>& names, radar::Mode mode) {
  bool all = true;
  for (const std::string& name : names) {
    const auto file = name == "-" ? nullptr : os::open_unpacked(name);
    std::istream* const in = name == "-" ? &context_.in : file.get();
    if (in != nullptr && read(*in, mode)) continue;
    context_.console.error(name, ": cannot be read");
    all = false;
  }
  return all;
}

bool RadarLogs::read(std::istream& in, radar::Mode mode) {
  return read_lines(
      in, kMaxLogLine, [&](std::string_view line) { read_line(line, mode); },
      [&] { feed_.add_overlong(); });
}

void RadarLogs::read_line(std::string_view line, radar::Mode mode) {
  ++feed_.lines;
  if (source_ == LogSource::decisions) {
    feed_.add(read_log_entry(line, calendar_), mode);
  } else if (const auto event = read_mail_line(line, calendar_)) {
    feed_.add(*event, mode);
  }
}

}  // namespace postern::ctl

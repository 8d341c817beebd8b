#include "ctl/radar/radar_logs.h"

#include "ctl/log/named_log.h"

namespace postern::ctl {

RadarLogs::RadarLogs(RadarFeed& feed, LogSource source, const CommandContext& context)
    : feed_(feed),
      source_(source),
      context_(context),
      calendar_(local_calendar(context.now)),
      mails_({[this](const auto& mail, const auto& part) { feed_.add(mail, part, mode_); }, {}}) {}

bool RadarLogs::read(const std::vector<std::string>& names, radar::Mode mode) {
  mode_ = mode;
  bool all = true;
  for (const std::string& name : names) {
    const auto line = [&](std::string_view text) { read_line(text); };
    const bool is_read = read_named_log(name, context_.in, line, [&] { feed_.add_overlong(); });
    add(mail_log_.end());
    if (is_read) continue;
    context_.console.error(name, ": cannot be read");
    all = false;
  }
  return all;
}

void RadarLogs::read_line(std::string_view line) {
  ++feed_.lines;
  if (source_ == LogSource::decisions) return feed_.add(read_log_entry(line, calendar_), mode_);
  add(mail_log_.add(line));
}

void RadarLogs::add(const MailLogLine& said) {
  if (const auto* event = std::get_if<MailEvent>(&said)) mails_.add(*event);
}

}  // namespace postern::ctl

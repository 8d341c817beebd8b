#include "ctl/log/daemon_logs.h"

#include "ctl/cli/installation.h"

namespace postern::ctl {

DaemonLogs::DaemonLogs(const CommandContext& context)
    : calendar_{std::chrono::floor<std::chrono::seconds>(context.now), utc_of_local} {}

Result<DaemonLogs> DaemonLogs::open(const FollowOptions& options, std::size_t last_bytes,
                                    const CommandContext& context) {
  DaemonLogs logs(context);
  std::vector<std::string> files = options.files;
  if (files.empty()) files.push_back(settings_in_use(context).settings.log.file);
  if (files.front().empty()) {
    return failure(
        "the settings name no log file, so the lines are in the journal; want journalctl -fu "
        "'postern-*' -o json | posternctl ... -");
  }
  if (files == std::vector<std::string>{"-"}) {
    logs.stream_ = &context.in;
    return logs;
  }
  for (const std::string& file : files) {
    auto follower = LogFollower::open(file, last_bytes);
    if (!follower) return tl::unexpected(follower.error());
    logs.followers_.push_back(std::move(*follower));
  }
  return logs;
}

Result<void> DaemonLogs::read(const Take& take) {
  const auto line = [&](std::string_view text) { take_line(text, take); };
  if (stream_ != nullptr && !read_lines(*stream_, kMaxLogLine, line, [] {})) {
    return failure("standard input cannot be read");
  }
  for (LogFollower& follower : followers_) {
    if (auto read = follower.read(line); !read) return read;
  }
  return {};
}

void DaemonLogs::take_line(std::string_view line, const Take& take) const {
  LogEntry entry = read_log_entry(line, calendar_);
  if (entry.kind == LogEntry::Kind::decision) take(std::move(entry));
}

}  // namespace postern::ctl

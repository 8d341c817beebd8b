#include "ctl/log/daemon_logs.h"

#include "ctl/cli/installation.h"

namespace postern::ctl {
namespace {

Result<RunningProgram> follow_journal(const LogBeginning& beginning) {
  return RunningProgram::start({"journalctl", "--quiet", "--no-pager", "--follow",
                                beginning.journal, "--output=short-iso", "--unit=postern-policyd",
                                "--unit=postern-milter"});
}

}  // namespace

DaemonLogs::DaemonLogs(const CommandContext& context) : calendar_(local_calendar(context.now)) {}

Result<DaemonLogs> DaemonLogs::open(const FollowOptions& options, const LogBeginning& beginning,
                                    const CommandContext& context) {
  DaemonLogs logs(context);
  std::vector<std::string> files = options.files;
  if (files.empty()) files.push_back(settings_in_use(context).settings.log.file);
  if (files.front().empty()) {
    auto program = follow_journal(beginning);
    if (!program) return tl::unexpected(program.error());
    logs.followers_.emplace_back(std::move(*program));
    return logs;
  }
  if (files == std::vector<std::string>{"-"}) {
    logs.stream_ = &context.in;
    return logs;
  }
  for (const std::string& file : files) {
    auto follower = LogFollower::open(file, beginning.file_bytes);
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

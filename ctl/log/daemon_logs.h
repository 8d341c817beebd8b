// The logs in which the daemons' lines are, to be followed: those that are named, else that of the
// settings, else the journal. Blocks on files, on journalctl(1), and on the daemons' sockets when
// the settings have faults.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/log/log_entry.h"
#include "ctl/log/log_follower.h"

namespace postern::ctl {

// What a command that follows is told of logs on its command line.
struct FollowOptions {
  std::vector<std::string> files;  // none: as the settings say; `-` alone: standard input
  bool once = false;
};
inline constexpr const char* kFollowedFiles =
    "Log files, or - for standard input; default: that of the settings, or the journal";

// How much of what is there is read at first.
struct LogBeginning {
  std::size_t file_bytes;  // before the end of each file
  std::string journal;     // as journalctl(1) is told: `--lines=100`
};

class DaemonLogs {
 public:
  // Takes each decision that is read, in the order of the log.
  using Take = std::function<void(LogEntry)>;

  // Error: one cannot be read.
  static Result<DaemonLogs> open(const FollowOptions& options, const LogBeginning& beginning,
                                 const CommandContext& context);

  // What has come since the last time; of standard input all, as it comes. Error: one cannot be
  // read any more.
  Result<void> read(const Take& take);
  // Standard input, which has been read to its end when it was read once.
  [[nodiscard]] bool is_stream() const { return stream_ != nullptr; }

 private:
  explicit DaemonLogs(const CommandContext& context);
  void take_line(std::string_view line, const Take& take) const;

  std::istream* stream_ = nullptr;
  std::vector<LogFollower> followers_;
  LogCalendar calendar_;
};

}  // namespace postern::ctl

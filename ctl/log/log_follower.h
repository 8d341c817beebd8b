// A log file as it grows. Owns its descriptor; one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.h"
#include "common/os/unique_fd.h"
#include "ctl/log/line_stream.h"
#include "ctl/log/log_line.h"

namespace postern::ctl {

class LogFollower {
 public:
  // From `last_bytes` before the end of the file on, or from its beginning.
  static Result<LogFollower> open(const std::string& file, std::size_t last_bytes);

  // Calls `line` for each whole line that has come since the last time. A file may be renamed and
  // made anew (logrotate(8)), or emptied (its copytruncate): it goes on with what is there then.
  // Error: it cannot be read.
  Result<void> read(const std::function<void(std::string_view)>& line);

 private:
  LogFollower(std::string file, os::UniqueFd fd) : file_(std::move(file)), fd_(std::move(fd)) {}

  Result<void> read_new(const std::function<void(std::string_view)>& line);
  bool was_replaced();

  std::string file_;
  os::UniqueFd fd_;
  LineSplitter lines_{kMaxLogLine};
  bool within_line_ = false;  // the first that comes has lost its beginning
};

}  // namespace postern::ctl

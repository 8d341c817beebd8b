// A log as it grows: a file, or what another program writes. Owns the descriptor and the program;
// one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/line_splitter.h"
#include "common/base/result.h"
#include "common/os/unique_fd.h"
#include "ctl/cli/program_output.h"
#include "ctl/log/log_line.h"

namespace postern::ctl {

class LogFollower {
 public:
  // From `last_bytes` before the end of the file on, or from its beginning.
  static Result<LogFollower> open(const std::string& file, std::size_t last_bytes);
  explicit LogFollower(RunningProgram program) : program_(std::move(program)) {}

  // Calls `line` for each whole line that has come since the last time. A file may be renamed and
  // made anew (logrotate(8)), or emptied (its copytruncate): it goes on with what is there then. Of
  // a program the first call waits for what it writes at once. Error: it cannot be read; the
  // program has ended.
  Result<void> read(const std::function<void(std::string_view)>& line);

 private:
  using OnLine = std::function<void(std::string_view)>;

  LogFollower(std::string file, os::UniqueFd fd) : file_(std::move(file)), fd_(std::move(fd)) {}

  Result<void> read_file(const OnLine& line);
  Result<void> read_program(const OnLine& line);
  // Whether there was anything.
  Result<bool> read_block(int fd, const OnLine& line);
  bool was_replaced();

  std::string file_;
  os::UniqueFd fd_;
  std::optional<RunningProgram> program_;
  bool has_begun_ = false;  // the program has been read before
  LineSplitter lines_{kMaxLogLine};
  bool within_line_ = false;  // the first that comes has lost its beginning
};

}  // namespace postern::ctl

// What another program writes to standard output: all of it, or as it comes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace postern::ctl {

// Is killed when its owner goes.
class RunningProgram {
 public:
  // `words`: the first is a name that is looked for in PATH, or a path; there is no shell. Nothing
  // to read from standard input; what it writes to standard error is left out. Error: it cannot be
  // started.
  static Result<RunningProgram> start(const std::vector<std::string>& words);
  RunningProgram(RunningProgram&& other) noexcept
      : pid_(std::exchange(other.pid_, 0)), output_(std::move(other.output_)) {}
  RunningProgram& operator=(RunningProgram&&) = delete;
  ~RunningProgram();

  // The end of a pipe that it writes to.
  [[nodiscard]] int output() const { return output_.get(); }
  // Its status as waitpid() has it. Blocks until it has ended.
  int wait();

 private:
  RunningProgram(pid_t pid, os::UniqueFd output) : pid_(pid), output_(std::move(output)) {}

  pid_t pid_;  // 0: it has ended
  os::UniqueFd output_;
};

struct ProgramLimits {
  std::chrono::milliseconds time{10000};
  std::size_t bytes = std::size_t{1} << 20;
};

// As RunningProgram::start(), to its end. Blocks, for a bounded time. Errors: it cannot be started,
// ends with another status than 0, writes too much, takes too long (and is killed).
Result<std::string> program_output(const std::vector<std::string>& words,
                                   const ProgramLimits& limits = {});

}  // namespace postern::ctl

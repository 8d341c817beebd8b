// What another program writes to standard output: all of it, or as it comes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
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
  // The same, with `input` on its standard input; what it writes to standard error goes to ours.
  // What it has started is killed with it.
  static Result<RunningProgram> start(const std::vector<std::string>& words,
                                      std::string_view input);
  RunningProgram(RunningProgram&& other) noexcept
      : pid_(std::exchange(other.pid_, 0)),
        killed_(other.killed_),
        output_(std::move(other.output_)) {}
  RunningProgram& operator=(RunningProgram&&) = delete;
  ~RunningProgram();

  // The end of a pipe that it writes to.
  [[nodiscard]] int output() const { return output_.get(); }
  // Its status as waitpid() has it. Blocks until it has ended.
  int wait();
  // The same; none: it runs on at that time.
  std::optional<int> wait_until(std::chrono::steady_clock::time_point time);

 private:
  static Result<RunningProgram> start_on(const std::vector<std::string>& words,
                                         std::optional<int> input);
  RunningProgram(pid_t pid, pid_t killed, os::UniqueFd output)
      : pid_(pid), killed_(killed), output_(std::move(output)) {}

  pid_t pid_;     // 0: it has ended
  pid_t killed_;  // as kill(2) has it: the program, or its group
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
Result<std::string> program_output(const std::vector<std::string>& words, std::string_view input,
                                   const ProgramLimits& limits);

}  // namespace postern::ctl

// What another program writes to standard output. Blocks, for a bounded time.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace postern::ctl {

struct ProgramLimits {
  std::chrono::milliseconds time{10000};
  std::size_t bytes = std::size_t{1} << 20;
};

// Runs `words`, the first of which is a name that is looked for in PATH or a path; there is no
// shell. Nothing to read from standard input; what it writes to standard error is left out. Errors:
// it cannot be started, ends with another status than 0, writes too much, takes too long (and is
// killed).
Result<std::string> program_output(const std::vector<std::string>& words,
                                   const ProgramLimits& limits = {});

}  // namespace postern::ctl

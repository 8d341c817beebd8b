// Tells the log how much more was shed since it was told last; nothing when there was no more. One
// for each kind of thing; used from one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "common/os/log.h"

namespace postern::os {

class ShedCount {
 public:
  // `total`: since the start of the daemon. `what` was shed, and why: `sessions left to the MTA
  // because ...`, to which the number is added.
  void report(std::uint64_t total, const std::string& what, DaemonLog& log) {
    const std::uint64_t more = total - std::exchange(reported_, total);
    if (more > 0) log.warning(what + ": " + std::to_string(more));
  }

 private:
  std::uint64_t reported_ = 0;
};

}  // namespace postern::os

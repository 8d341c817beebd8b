#include "common/os/shed_count.h"

#include <utility>

namespace postern::os {

void ShedCount::report(std::uint64_t total, const std::string& what, DaemonLog& log) {
  const std::uint64_t more = total - std::exchange(reported_, total);
  if (more > 0) log.warning(what + ": " + std::to_string(more));
}

}  // namespace postern::os

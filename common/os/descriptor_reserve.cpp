#include "common/os/descriptor_reserve.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>

#include "common/os/unique_fd.h"

namespace postern::os {
namespace {

// The lowest free descriptor is the next one: from this one on those are used that are kept back.
// The limit may be changed from outside (prlimit(2)).
rlim_t first_kept_back() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return RLIM_INFINITY;
  return limit.rlim_cur - std::min<rlim_t>(DescriptorReserve::kMost, limit.rlim_cur / 4);
}

}  // namespace

bool DescriptorReserve::has_room(int listening_fd) {
  if (!nearly_used_up_) return true;
  const UniqueFd next(::fcntl(listening_fd, F_DUPFD_CLOEXEC, 0));
  nearly_used_up_ = !next.is_open() || static_cast<rlim_t>(next.get()) >= first_kept_back();
  return !nearly_used_up_;
}

void DescriptorReserve::taken(int fd) {
  nearly_used_up_ = static_cast<rlim_t>(fd) + 1 >= first_kept_back();
}

}  // namespace postern::os

// The time of std::chrono::steady_clock as the kernel noted it at its last tick: at most some
// milliseconds ago (clock_gettime(2), CLOCK_MONOTONIC_COARSE), for what is kept for seconds and
// looked at many times in one decision. Any thread.
#pragma once

#include <time.h>

#include <chrono>

namespace postern::os {

inline std::chrono::steady_clock::time_point coarse_now() noexcept {
  timespec noted{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &noted);
  return std::chrono::steady_clock::time_point(std::chrono::seconds{noted.tv_sec} +
                                               std::chrono::nanoseconds{noted.tv_nsec});
}

}  // namespace postern::os

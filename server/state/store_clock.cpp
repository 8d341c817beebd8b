#include "server/state/store_clock.h"

#include <time.h>

#include <algorithm>
#include <utility>

namespace postern::state {

using std::chrono::microseconds;

SystemClocks system_clocks() {
  const auto boottime = [] {
    ::timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::duration_cast<microseconds>(std::chrono::seconds(now.tv_sec) +
                                                    std::chrono::nanoseconds(now.tv_nsec));
  };
  const auto wall = [] {
    return std::chrono::floor<microseconds>(std::chrono::system_clock::now());
  };
  return {boottime, wall};
}

StoreClock::StoreClock(SystemClocks clocks) : clocks_(std::move(clocks)) {
  ahead_of_boottime_ = clocks_.wall().time_since_epoch() - clocks_.boottime();
}

ClockReading StoreClock::reading() const {
  const microseconds boottime = clocks_.boottime();
  return {StoreTime(boottime + ahead_of_boottime_.load(std::memory_order_relaxed)), boottime};
}

void StoreClock::advance_to(StoreTime time, microseconds boottime) {
  const microseconds wanted = time.time_since_epoch() - boottime;
  microseconds ahead = ahead_of_boottime_.load();
  while (ahead < wanted && !ahead_of_boottime_.compare_exchange_weak(ahead, wanted)) {
  }
}

// After a boot CLOCK_BOOTTIME begins anew; if it says more than `last`, at least the difference has
// gone by, whether or not the machine was booted meanwhile.
void StoreClock::go_on_from(const ClockReading& last) {
  const microseconds boottime = clocks_.boottime();
  advance_to(last.time + std::max(boottime - last.boottime, microseconds{0}), boottime);
  advance_to(clocks_.wall(), boottime);
}

void StoreClock::not_before(StoreTime time) {
  advance_to(time, clocks_.boottime());
}

}  // namespace postern::state

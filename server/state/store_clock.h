// The time of a store, from which it works out the durations of its records. It never goes back:
// while a machine runs it goes on with CLOCK_BOOTTIME (clock_gettime(2)), whatever becomes of the
// clock on the wall, and when a store is opened it goes forward to that clock, if that is ahead of
// what the store knows. Who sets a clock back by an hour so makes no record an hour older or
// younger; what a machine that is off misses is the time that its clock does not tell it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

namespace postern::state {

using StoreTime = std::chrono::sys_time<std::chrono::microseconds>;

// The clocks of the system; in tests others.
struct SystemClocks {
  std::function<std::chrono::microseconds()> boottime;
  std::function<StoreTime()> wall;
};
SystemClocks system_clocks();

// What a store keeps of its time, so that the next to open it goes on there.
struct ClockReading {
  StoreTime time;
  std::chrono::microseconds boottime{0};
};

// Any thread may call any function.
class StoreClock {
 public:
  // Begins at the clock on the wall.
  explicit StoreClock(SystemClocks clocks = system_clocks());

  [[nodiscard]] StoreTime now() const { return reading().time; }
  [[nodiscard]] ClockReading reading() const;

  // A store that was last written then has been opened.
  void go_on_from(const ClockReading& last);
  // Another process that writes the same store is so far.
  void not_before(StoreTime time);

 private:
  void advance_to(StoreTime time, std::chrono::microseconds boottime);

  const SystemClocks clocks_;
  std::atomic<std::chrono::microseconds> ahead_of_boottime_{};
};

}  // namespace postern::state

// Tells the log that connections have to wait because descriptors or memory have run out, and when
// that is over: once each, however often a listener tries in between.
//
// Owned by a server; every function may be called from any thread. Time is a parameter.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "common/os/log.h"

namespace postern::os {

class AcceptShortage {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  // It is over when it has not happened for this long.
  static constexpr std::chrono::seconds kQuiet{10};

  // Whether this error of accept(2) is one: the connection stays in the system's queue, and can be
  // taken when something has been closed.
  static bool is_shortage(int error);

  explicit AcceptShortage(DaemonLog& log) : log_(log) {}

  void note(int error, TimePoint now);
  // To be called every few seconds.
  void report(TimePoint now);
  // What there is none of, while connections have to wait; else empty.
  [[nodiscard]] std::string waiting_for() const;

 private:
  DaemonLog& log_;
  mutable std::mutex mutex_;
  int error_ = 0;
  std::uint64_t times_ = 0;  // since it began; 0: there is none
  TimePoint began_;
  TimePoint last_;
};

}  // namespace postern::os

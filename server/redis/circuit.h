// When a server is not asked any more, and when it is tried again. Pure; not for several threads at
// once.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace postern::redis {

class Circuit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // So many waits in a row that were too long, or answers of no use.
  static constexpr int kMostFailures = 5;
  static constexpr std::chrono::milliseconds kFirstPause{100};
  static constexpr std::chrono::milliseconds kLongestPause{5000};
  // A server that is in use for less is tried again as late as if it had not been.
  static constexpr std::chrono::seconds kSoundAfter{60};

  // Counts one failure for each `wait` in which something failed. True: they are too many.
  bool failed(Time now, std::chrono::milliseconds wait) {
    if (now - last_failure_ < wait) return false;
    last_failure_ = now;
    return ++failures_ >= kMostFailures;
  }
  void answered() { failures_ = 0; }

  void in_use(Time now) {
    failures_ = 0;
    in_use_since_ = now;
  }
  // How long to wait before the next try; up to half as much is for chance to add, so that hosts
  // do not come all at once.
  std::chrono::milliseconds pause_after_loss(Time now) {
    if (now - in_use_since_ >= kSoundAfter && in_use_since_ != Time{}) pause_ = kFirstPause;
    in_use_since_ = {};
    failures_ = 0;
    return std::exchange(pause_, std::min(2 * pause_, kLongestPause));
  }

 private:
  int failures_ = 0;
  Time last_failure_{};
  Time in_use_since_{};  // zero: it is not
  std::chrono::milliseconds pause_ = kFirstPause;
};

}  // namespace postern::redis

// Tells threads that wait in a callback that the daemon is stopping. Any thread may call any
// function. The server owns it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace postern::milter {

class StopFlag {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] bool is_set() const {
    const std::lock_guard lock(mutex_);
    return set_;
  }
  // Returns after `time`, or as soon as the flag is set.
  void sleep(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return set_; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

}  // namespace postern::milter

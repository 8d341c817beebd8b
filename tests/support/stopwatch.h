// How long something took, for tests that share the machine. When another process has the
// processors, nothing goes on that a test waits for: that time counts for what must have taken some
// time, and not for what must not have taken more.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace postern {

class Stopwatch {
 public:
  using Clock = std::chrono::steady_clock;

  Stopwatch() : watching_([this] { watch(); }) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    end_.notify_one();
    watching_.join();
  }

  // All of it.
  [[nodiscard]] Clock::duration took() const { return Clock::now() - began_; }
  // But for what this process had to wait for its turns.
  [[nodiscard]] Clock::duration own() const {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    return now - began_ - waited_ - lateness(now);
  }

 private:
  static constexpr std::chrono::milliseconds kPause{10};
  static constexpr std::chrono::milliseconds kUsual{20};  // with the processors at hand

  // Of the turn that is due.
  [[nodiscard]] Clock::duration lateness(Clock::time_point now) const {
    const Clock::duration late = now - due_;
    return late > kUsual ? late : Clock::duration{};
  }

  void watch() {
    std::unique_lock lock(mutex_);
    while (!end_.wait_until(lock, due_, [this] { return ended_; })) {
      const auto now = Clock::now();
      waited_ += lateness(now);
      due_ = now + kPause;
    }
  }

  const Clock::time_point began_ = Clock::now();
  mutable std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  Clock::duration waited_{};
  Clock::time_point due_ = began_ + kPause;
  std::thread watching_;
};

}  // namespace postern

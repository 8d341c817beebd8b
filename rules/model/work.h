// What one decision may cost. Whoever is about to do something whose cost a stranger chooses asks
// first; once there is no time left the answer stays no, and what was not looked at is unknown.
// Pure but for look(), which the caller of the engine brings: clocks in a daemon, a count in a
// test.
#pragma once

#include <cstdint>

namespace postern {

class Work {
 public:
  Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  virtual ~Work() = default;

  // Before each evaluation: what passed since the one before, perhaps on another thread, was none.
  virtual void resume() {}
  // Whether there is time for so many steps more. A step is what a byte costs one instruction of a
  // regex: a few nanoseconds at the most.
  bool take(std::uint64_t steps) {
    steps_ += steps;
    if (!spent_ && steps_ >= kStepsBetweenLooks) {
      steps_ = 0;
      spent_ = !has_time(steps);
    }
    return !spent_;
  }
  [[nodiscard]] bool is_spent() const { return spent_; }

 private:
  // A clock costs more than most decisions: these take fewer steps than that, and look at none.
  static constexpr std::uint64_t kStepsBetweenLooks = 1U << 16U;

  // For so many steps as are next, within which nobody can look at a clock.
  virtual bool has_time(std::uint64_t steps) = 0;

  std::uint64_t steps_ = 0;
  bool spent_ = false;
};

// `work` may be null: as much as it takes.
inline bool take_work(Work* work, std::uint64_t steps) {
  return work == nullptr || work->take(steps);
}

}  // namespace postern

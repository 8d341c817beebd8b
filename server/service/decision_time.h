// Bounds what one decision may take: so much time of the processor (decision.max_work), and no more
// time than its deadline, with as much again for the verdict that the deadline itself causes. One
// for all decisions that answer one question of an MTA; any thread, one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "rules/model/work.h"

namespace postern::service {

class DecisionTime : public Work {
 public:
  using Clock = std::chrono::steady_clock;

  // `most_at_once`: steps that may pass without a look at the clock.
  DecisionTime(std::chrono::nanoseconds processor, Clock::time_point deadline,
               std::uint64_t most_at_once = std::numeric_limits<std::uint64_t>::max())
      : left_(processor), end_(deadline + processor), most_at_once_(most_at_once) {}

  void resume() override { last_.reset(); }

 private:
  bool has_time(std::uint64_t steps) override;

  std::chrono::nanoseconds left_;
  Clock::time_point end_;
  std::uint64_t most_at_once_;
  // Of the thread's processor time, when it was looked at last since resume().
  std::optional<std::chrono::nanoseconds> last_;
};

}  // namespace postern::service

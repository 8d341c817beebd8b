// What one decision may take in a daemon: so much of the processor (decision.max_work), and no more
// time than its deadline, with as much again for the verdict that the deadline itself calls for.
// One for all that answers one question of an MTA; on any thread, one at a time.
#pragma once

#include <chrono>
#include <optional>

#include "rules/model/work.h"

namespace postern::service {

class DecisionTime : public Work {
 public:
  using Clock = std::chrono::steady_clock;

  DecisionTime(std::chrono::nanoseconds processor, Clock::time_point deadline)
      : left_(processor), end_(deadline + processor) {}

  void resume() override { last_.reset(); }

 private:
  bool has_time() override;

  std::chrono::nanoseconds left_;
  Clock::time_point end_;
  // Of the thread's processor time, when it was looked at last since resume().
  std::optional<std::chrono::nanoseconds> last_;
};

}  // namespace postern::service

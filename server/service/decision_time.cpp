#include "server/service/decision_time.h"

#include <ctime>

namespace postern::service {
namespace {

std::chrono::nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

}  // namespace

bool DecisionTime::has_time(std::uint64_t steps) {
  const auto now = processor_time();
  if (last_) left_ -= now - *last_;
  last_ = now;
  return steps <= most_at_once_ && left_.count() > 0 && Clock::now() < end_;
}

}  // namespace postern::service

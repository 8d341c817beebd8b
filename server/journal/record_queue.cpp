#include "server/journal/record_queue.h"

#include <utility>

namespace postern::journal {
std::size_t RecordQueue::take(std::vector<JournalRecord>& batch) {
  const std::lock_guard lock(mutex_);
  records_.swap(batch);
  bytes_ = 0;
  return std::exchange(used_, 0);
}

bool RecordQueue::wait_until(std::chrono::steady_clock::time_point time) {
  std::unique_lock lock(mutex_);
  wake_.wait_until(lock, time, [this] { return used_ > 0 || stopped_; });
  if (used_ > 0) {
    wake_.wait_for(lock, gather_, [this] { return used_ >= max_records_ / 2 || stopped_; });
  }
  return !stopped_;
}

bool RecordQueue::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, time, [this] { return stopped_; });
  return !stopped_;
}

void RecordQueue::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  wake_.notify_one();
}

std::uint64_t RecordQueue::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace postern::journal

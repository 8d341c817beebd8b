#include "server/state/pending_changes.h"

#include <utility>

namespace postern::state {

const PendingChanges::Record* PendingChanges::find(const RecordKey& key) const {
  const auto found = records_.find(key);
  return found == records_.end() ? nullptr : &found->second;
}

void PendingChanges::add(const Change& change,
                         const std::function<Record(const RecordKey&)>& read_written) {
  auto found = records_.find(change.key);
  Record written = found == records_.end() ? read_written(change.key) : std::nullopt;
  queue_.push_back(change);
  if (found == records_.end()) {
    try {
      found = records_.emplace(change.key, std::move(written)).first;
    } catch (...) {  // nobody would settle it
      queue_.pop_back();
      throw;
    }
  }
  carry_out(change, found->second);
}

void PendingChanges::take(std::size_t most, std::vector<Change>& taken) {
  taken.clear();
  if (queue_.size() <= most) {
    queue_.swap(taken);
  } else {
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(most);
    taken.assign(queue_.begin(), end);
    queue_.erase(queue_.begin(), end);
  }
  taken_ = taken.size();
}

std::size_t PendingChanges::give_up() noexcept {
  const std::size_t lost = queue_.size() + std::exchange(taken_, 0);
  queue_.clear();
  records_.clear();
  return lost;
}

void PendingChanges::settle(const Written& written) {
  taken_ = 0;
  for (const auto& [key, record] : written) records_.erase(key);
  for (const Change& change : queue_) {
    const auto now = written.find(change.key);
    if (now == written.end()) continue;
    carry_out(change, records_.try_emplace(change.key, now->second).first->second);
  }
}

}  // namespace postern::state

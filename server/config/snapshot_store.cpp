#include "server/config/snapshot_store.h"

#include <utility>

namespace postern::config {

std::shared_ptr<const Snapshot> SnapshotStore::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void SnapshotStore::replace(std::shared_ptr<const Snapshot> next) {
  {
    const std::lock_guard lock(mutex_);
    current_.swap(next);
  }
  // `next`, the old one, may be the last to hold it: a large list is freed without the lock.
}

}  // namespace postern::config

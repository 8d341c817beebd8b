// The snapshot that new messages are judged by. One per daemon, shared by all its threads.
#pragma once

#include <memory>
#include <mutex>

#include "rules/snapshot.h"

namespace postern::config {

class SnapshotStore {
 public:
  // REQUIRES: never null.
  explicit SnapshotStore(std::shared_ptr<const Snapshot> first) : current_(std::move(first)) {}

  // What a message begins with and keeps to its end.
  [[nodiscard]] std::shared_ptr<const Snapshot> current() const;
  // From now on for new messages. The old one lives as long as a message holds it.
  void replace(std::shared_ptr<const Snapshot> next);

 private:
  // Held for copying a pointer. Not std::atomic<std::shared_ptr>: libstdc++ 12 releases its lock
  // bit in load() without ordering, which is a data race with store().
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> current_;
};

}  // namespace postern::config

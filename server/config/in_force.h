// The settings and the rules that are in force, which change when a reload takes new ones. The
// state of the daemon owns one of each; all threads read them.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "rules/snapshot.h"
#include "server/config/settings.h"

namespace postern::config {

class LiveSettings {
 public:
  explicit LiveSettings(Settings first) { replace(std::move(first)); }
  LiveSettings(const LiveSettings&) = delete;
  LiveSettings& operator=(const LiveSettings&) = delete;

  // From any thread, without a lock. The reference is valid, and the settings do not change, to the
  // end of the daemon. Each change that a person makes costs a kilobyte.
  [[nodiscard]] const Settings& current() const {
    return *current_.load(std::memory_order_acquire);
  }

  // From one thread at a time.
  void replace(Settings next) {
    all_.push_back(std::move(next));
    current_.store(&all_.back(), std::memory_order_release);
  }

 private:
  std::list<Settings> all_;
  std::atomic<const Settings*> current_{nullptr};
};

// The snapshot that new messages are judged by.
class SnapshotStore {
 public:
  // REQUIRES: never null.
  explicit SnapshotStore(std::shared_ptr<const Snapshot> first) : current_(std::move(first)) {}

  // What a message begins with and keeps to its end.
  [[nodiscard]] std::shared_ptr<const Snapshot> current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  // From now on for new messages. The old one lives as long as a message holds it.
  void replace(std::shared_ptr<const Snapshot> next) {
    const std::lock_guard lock(mutex_);
    // `next`, then the old one, may be the last to hold a large list. It is freed without the lock.
    current_.swap(next);
  }

 private:
  // Held for copying a pointer. Not std::atomic<std::shared_ptr>: libstdc++ 12 releases its lock
  // bit in load() without ordering, which is a data race with store().
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> current_;
};

}  // namespace postern::config

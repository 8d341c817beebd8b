// The settings that are in force, which may change while the daemon serves. One per daemon.
#pragma once

#include <atomic>
#include <list>

#include "server/config/settings.h"

namespace postern::config {

class LiveSettings {
 public:
  explicit LiveSettings(Settings first) { replace(std::move(first)); }
  LiveSettings(const LiveSettings&) = delete;
  LiveSettings& operator=(const LiveSettings&) = delete;

  // From any thread, without a lock. What it returns stays as it is to the end of the daemon: a
  // kilobyte for each change that a person makes, and nobody has to hold a reference.
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

}  // namespace postern::config

// What the tests of the store in a file stand on.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/state/lmdb_store.h"
#include "tests/support/temporary_folder.h"

namespace postern::state {

inline constexpr auto kWritten = std::chrono::seconds(30);  // at the latest

// A store in a folder of its own, with clocks that the test sets.
class LmdbStoreTest : public ::testing::Test {
 protected:
  LmdbStore::Parts parts() {
    LmdbStore::Parts parts;
    parts.folder = folder_.path("store");
    parts.map_bytes = std::size_t{16} << 20;
    parts.warn = [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(line);
    };
    parts.clocks = {[this] { return up_.load(); }, [this] { return wall_.load(); }};
    parts.gather = std::chrono::milliseconds(1);
    parts.again = std::chrono::milliseconds(1);
    return parts;
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::string file(const std::string& name) const { return folder_.path("store/" + name); }

  // As a machine that goes on.
  void pass(std::chrono::microseconds time) {
    up_ = up_.load() + time;
    wall_ = wall_.load() + time;
  }

  TemporaryFolder folder_;
  std::atomic<std::chrono::microseconds> up_{std::chrono::hours(1)};
  std::atomic<StoreTime> wall_{StoreTime(std::chrono::seconds(1'800'000'000))};

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

template <class Condition>
bool comes_true(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + kWritten;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline bool is_written(const StateStore& store, std::uint64_t changes) {
  return comes_true([&] { return store.status().written >= changes; });
}

}  // namespace postern::state

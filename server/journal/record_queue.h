// The records that wait to be written. Those who put one there never wait for more than another's
// copying; what there is no room for is dropped and counted. Any thread may put; one thread takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

#include "rules/journal/record.h"
#include "server/journal/record_of.h"

namespace postern::journal {

class RecordQueue {
 public:
  static constexpr std::size_t kMaxRecords = 4096;
  static constexpr std::size_t kMaxBytes = std::size_t{8} << 20;  // bytes_of() all

  // How long a record may wait for others to be taken with it.
  static constexpr std::chrono::milliseconds kGather{20};

  explicit RecordQueue(std::size_t max_records = kMaxRecords,
                       std::chrono::milliseconds gather = kGather)
      : max_records_(max_records), gather_(gather) {}

  // `fill(record)` takes over a decision; the record has been used before.
  template <class Fill>
  void put(Fill fill) noexcept {
    const std::lock_guard lock(mutex_);
    if (used_ == max_records_ || stopped_ || bytes_ > kMaxBytes) {
      ++dropped_;
      return;
    }
    try {
      if (used_ == records_.size()) records_.emplace_back();
      fill(records_[used_]);
      bytes_ += bytes_of(records_[used_]);
    } catch (const std::bad_alloc&) {
      ++dropped_;
      return;
    }
    if (++used_ == 1 || used_ == max_records_ / 2) wake_.notify_one();
  }

  // Exchanges `batch` for the records that are there, and returns how many of it are: those that
  // came first stand first. The records of the last batch are to be released.
  std::size_t take(std::vector<JournalRecord>& batch);
  // Until there is a record, stop() was called, or `time` has come; then a moment longer, so that
  // others are written with it. False: stop() was called.
  bool wait_until(std::chrono::steady_clock::time_point time);
  // Lets so much time go by, whatever comes. False: stop() was called.
  bool pause(std::chrono::milliseconds time);
  // From now on nothing is put any more.
  void stop();

  // So far, for want of room.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  const std::size_t max_records_;
  const std::chrono::milliseconds gather_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::vector<JournalRecord> records_;
  std::size_t used_ = 0;  // of records_
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool stopped_ = false;
};

}  // namespace postern::journal

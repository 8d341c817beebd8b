// Records in the memory of this process, which end with it: for tests, and the measure for other
// stores. Any thread may call any function.
#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "server/state/key_hash.h"
#include "server/state/state_store.h"

namespace postern::state {

class MemoryStore final : public StateStore {
 public:
  static constexpr std::size_t kMaxRecords = 100000;

  explicit MemoryStore(SystemClocks clocks = system_clocks(),
                       std::size_t max_records = kMaxRecords);

  [[nodiscard]] StateFact find(const StateKey& key) override;
  void apply(std::span<const Effect> effects) noexcept override;
  void forget(const StateKey& key) noexcept override;
  void sweep() override;
  void finish() override {}
  [[nodiscard]] StoreStatus status() const override;

 private:
  using Records = std::unordered_map<RecordKey, std::optional<StoredRecord>, HashOfRecordKey>;
  void make_room(StoreTime now);

  const StoreClock clock_;
  const KeyHash hash_;
  const std::size_t max_records_;
  mutable std::mutex mutex_;  // guards what follows
  Records records_;           // each with a value
  std::size_t hand_ = 0;      // a bucket of records_
  StoreStatus status_;
};

}  // namespace postern::state

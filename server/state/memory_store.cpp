#include "server/state/memory_store.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "common/os/random_bytes.h"

namespace postern::state {
namespace {

// Of so many that are looked at the one that goes is chosen.
constexpr std::size_t kCandidates = 16;

os::FileSecret secret_of_process() {
  os::FileSecret secret{};
  const KeyedHash::Secret random = os::random_secret();
  std::copy_n(random.begin(), secret.size(), secret.begin());
  return secret;
}

}  // namespace

MemoryStore::MemoryStore(SystemClocks clocks, std::size_t max_records)
    : clock_(std::move(clocks)), hash_(secret_of_process()), max_records_(max_records) {}

StateFact MemoryStore::find(const StateKey& key) {
  const RecordKey hashed = hash_(key);
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(hashed);
  return fact_of(found == records_.end() ? std::nullopt : found->second, clock_.now());
}

void MemoryStore::apply(std::span<const Effect> effects) noexcept {
  const std::lock_guard lock(mutex_);
  for (const Effect& effect : effects) {
    try {
      const StoreTime now = clock_.now();
      const Change change = hash_.change_of(effect, now);
      if (records_.size() >= max_records_ && !records_.contains(change.key)) make_room(now);
      carry_out(change, records_[change.key]);
      ++status_.written;
    } catch (const std::exception&) {  // no memory
      ++status_.dropped;
    }
  }
}

// Bucket after bucket: the places of records are random, and the secret keeps it so.
void MemoryStore::make_room(StoreTime now) {
  std::size_t seen = 0;
  double highest = -1;
  RecordKey chosen{};
  while (seen < kCandidates && seen < records_.size()) {
    hand_ = (hand_ + 1) % records_.bucket_count();
    for (auto one = records_.begin(hand_); one != records_.end(hand_); ++one, ++seen) {
      const double rank = eviction_rank(*one->second, now);
      if (rank <= highest && seen > 0) continue;
      highest = rank;
      chosen = one->first;
    }
  }
  status_.evicted += records_.erase(chosen);
}

void MemoryStore::forget(const StateKey& key) noexcept {
  try {
    const RecordKey hashed = hash_(key);
    const std::lock_guard lock(mutex_);
    records_.erase(hashed);
  } catch (const std::exception&) {  // no memory
    const std::lock_guard lock(mutex_);
    ++status_.dropped;
  }
}

void MemoryStore::sweep() {
  const std::lock_guard lock(mutex_);
  const StoreTime now = clock_.now();
  status_.swept +=
      std::erase_if(records_, [&](const auto& one) { return one.second->is_over(now); });
}

StoreStatus MemoryStore::status() const {
  const std::lock_guard lock(mutex_);
  StoreStatus status = status_;
  status.records = records_.size();
  return status;
}

}  // namespace postern::state

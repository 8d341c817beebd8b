#include "server/redis/near_records.h"

#include <utility>

namespace postern::redis {

using std::chrono::floor;
using std::chrono::milliseconds;

const NearRecords::Near* NearRecords::lasting(const state::RecordKey& key, Time now) const {
  for (const Part* part : {&young_, &old_}) {
    const auto found = part->find(key);
    if (found != part->end()) return now < found->second.until ? &found->second : nullptr;
  }
  return nullptr;
}

std::optional<StateFact> NearRecords::find(const state::RecordKey& key, Time now) const {
  const Near* near = lasting(key, now);
  if (near == nullptr) return std::nullopt;
  StateFact fact{StateFact::Status::found, near->record};
  const auto since = floor<milliseconds>(now - near->as_of);
  fact.record.since_first += since;
  fact.record.since_last += since;
  return fact;
}

void NearRecords::note(StateKind kind, const state::RecordKey& key, const StateFact& fact, Time now,
                       std::uint64_t forgotten) {
  const bool is_known =
      fact.status == StateFact::Status::found &&
      (kind == StateKind::seen || (kind == StateKind::greylist && fact.record.is_marked));
  if (!is_known || forgotten != forgotten_) return;
  if (young_.size() >= kMost / 2) old_ = std::exchange(young_, {});
  young_.insert_or_assign(key, Near{fact.record, now, now + kFor});
}

void NearRecords::touch(const state::RecordKey& key, Time now) {
  const Near* near = lasting(key, now);
  if (near == nullptr) return;
  Near touched = *near;
  touched.record.since_first += floor<milliseconds>(now - touched.as_of);
  touched.record.since_last = milliseconds{0};
  touched.as_of = now;
  (young_.contains(key) ? young_ : old_).insert_or_assign(key, touched);
}

void NearRecords::forget(const state::RecordKey& key) {
  young_.erase(key);
  old_.erase(key);
  ++forgotten_;
}

}  // namespace postern::redis

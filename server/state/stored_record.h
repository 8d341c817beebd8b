// A record as a store keeps it, with points in time and the hashes of its members; what an effect
// makes of it; and its bytes. All stores do by it what they do. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/model/state.h"
#include "server/state/store_clock.h"

namespace postern::state {

// A keyed hash of a StateKey (key_hash.h).
using RecordKey = std::array<unsigned char, 16>;
// It is random already.
struct HashOfRecordKey {
  std::size_t operator()(const RecordKey& key) const noexcept;
};

struct StoredRecord {
  struct Member {
    std::uint64_t hash = 0;
    StoreTime until;  // it counts
    friend bool operator==(const Member&, const Member&) = default;
  };

  StateKind kind = StateKind::rate;
  bool is_marked = false;
  StoreTime first;
  StoreTime last;
  StoreTime end;      // from then on there is no record
  StoreTime full_at;  // of a bucket; before `last`: it is full
  std::vector<Member> members;
  friend bool operator==(const StoredRecord&, const StoredRecord&) = default;

  [[nodiscard]] bool is_over(StoreTime now) const { return end <= now; }
};

// An effect on a record, ready to be carried out.
struct AddHash {
  std::uint64_t member = 0;
  std::chrono::seconds period{0};
  std::uint32_t at_most = 0;
};
struct Forget {};
struct Change {
  RecordKey key{};
  StateKind kind = StateKind::rate;
  std::variant<Touch, Mark, Take, AddHash, Forget> what;
  std::chrono::seconds keep{0};
  StoreTime at;  // when it happened
};

// A record whose time is over at that time begins anew. Touch, Mark and Add come to the same in
// whatever order and however often; of changes that come late, `last` and `end` stay as they are.
// `keep` counts up to kMaxKeep, a debt up to kMaxDebt, members up to kMaxMembers.
inline constexpr std::chrono::seconds kMaxKeep = std::chrono::days(3660);
inline constexpr std::chrono::seconds kMaxDebt = std::chrono::days(366);
void carry_out(const Change& change, std::optional<StoredRecord>& record);

// As of `now`; absent if there is none, or its time is over.
StateFact fact_of(const std::optional<StoredRecord>& record, StoreTime now);

// What goes first when there is no room: the record with the highest rank. Its fraction is how much
// of its life the record has spent since it was used last: 0 just then. A flood of strangers makes
// records that nobody uses again: these are on probation, and go before all that were.
inline constexpr double kOnProbation = 1;  // and above, until kOver
inline constexpr double kOver = 2;
double eviction_rank(const StoredRecord& record, StoreTime now);

// 28 bytes, and 14 for each member. `last`, `first` and `end` are kept to the millisecond.
std::string bytes_of(const StoredRecord& record);
// Of bytes from a file that may be damaged or of another release: nothing if they are no record.
std::optional<StoredRecord> record_in(std::string_view bytes);

}  // namespace postern::state

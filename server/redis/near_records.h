// What a server has said of those who are known, kept near for a minute, so that a sender of long
// ago costs no way to it. Only records of which nothing that others do meanwhile would make another
// decision: who has come through, and when somebody was first seen. A limit is asked for each time.
// Pure; not for several threads at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "server/state/stored_record.h"

namespace postern::redis {

class NearRecords {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kFor{60};  // since the server has said it
  static constexpr std::size_t kMost = 32768;
  // The memory that so many take, about.
  static constexpr std::size_t kBytes = std::size_t{4} << 20;

  // Whether records of that kind may be here.
  [[nodiscard]] static bool may_have(StateKind kind) {
    return kind == StateKind::greylist || kind == StateKind::seen;
  }
  // As of now.
  [[nodiscard]] std::optional<StateFact> find(const state::RecordKey& key, Time now) const;
  // How often something was forgotten: what was asked before is not to be noted after.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  // What the server has said to a question that was asked at `forgotten`.
  void note(StateKind kind, const state::RecordKey& key, const StateFact& fact, Time now,
            std::uint64_t forgotten);
  // This host has told the server that it was seen again.
  void touch(const state::RecordKey& key, Time now);
  void forget(const state::RecordKey& key);

 private:
  struct Near {
    StateRecord record;
    Time as_of;
    Time until;
  };
  using Part = std::unordered_map<state::RecordKey, Near, state::HashOfRecordKey>;
  [[nodiscard]] const Near* lasting(const state::RecordKey& key, Time now) const;

  // New ones come into the first; when half of kMost are in it, it becomes the second, whose go.
  Part young_;
  Part old_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace postern::redis

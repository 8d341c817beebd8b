// The entries of one list: what each matches, where it stands, and, for the few that have it, more.
// A plain entry costs its text and eight bytes. Built once, then immutable and shared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/diagnostic.h"
#include "common/base/utc_date.h"
#include "rules/model/action.h"

namespace postern::lists {

// Index of an entry in its list, in the order in which the entries stand.
using EntryId = std::uint32_t;
inline constexpr EntryId kNoEntry = 0xffffffff;

// What an entry may say beside its value.
struct EntryData {
  std::string reason;
  std::string owner;
  std::optional<UtcTime> expires;
  std::optional<Action> then;  // in place of the rule's own
  [[nodiscard]] bool empty() const { return reason.empty() && owner.empty() && !expires && !then; }
  friend bool operator==(const EntryData&, const EntryData&) = default;
};

class EntryTable {
 public:
  // Makes room for so many entries whose keys have so many bytes together. More may come.
  void reserve(std::size_t entries, std::size_t bytes);
  // `key` is the text that is compared. All keys together have less than 4 GiB.
  EntryId add(std::string_view key, int line, EntryData data);
  // Call once after the last add().
  void finish();

  [[nodiscard]] std::size_t size() const { return lines_.size(); }
  [[nodiscard]] std::string_view key(EntryId id) const {
    return {blob_.data() + starts_[id], starts_[id + 1] - starts_[id]};
  }
  [[nodiscard]] int line(EntryId id) const { return lines_[id]; }
  // Null for a plain entry.
  [[nodiscard]] const EntryData* data(EntryId id) const;
  [[nodiscard]] bool expires(EntryId id) const;
  // False once its `expires` has come.
  [[nodiscard]] bool alive(EntryId id, UtcTime now) const {
    return expiries_.empty() || !has_expired(id, now);
  }
  // How many are not alive. REQUIRES: finish().
  [[nodiscard]] std::size_t expired(UtcTime now) const;
  // How many have a time at which they expire, or have expired. REQUIRES: finish().
  [[nodiscard]] std::size_t with_expiry() const { return expiries_.size(); }
  // Of entries one after another that say the same: once.
  [[nodiscard]] const std::vector<EntryData>& all_data() const { return data_; }

 private:
  [[nodiscard]] bool has_expired(EntryId id, UtcTime now) const;
  struct Extra {
    EntryId entry;
    std::uint32_t data;  // index into data_
  };
  std::string blob_;
  std::vector<std::uint32_t> starts_ = {0};  // of keys; each ends where the next one starts
  std::vector<std::int32_t> lines_;
  std::vector<Extra> extras_;  // by entry
  std::vector<EntryData> data_;
  std::vector<UtcTime> expiries_;  // sorted
};

}  // namespace postern::lists

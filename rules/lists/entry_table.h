// The entries of one list: what each matches, where it stands, and, for the few that have it, more.
// A plain entry costs its text and a dozen bytes. Built once, then immutable and shared.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/diagnostic.h"
#include "common/utc_date.h"
#include "rules/action.h"

namespace postern {

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
};

class EntryTable {
 public:
  // `file` is an index that the list keeps; `key` is the text that is compared.
  EntryId add(std::string_view key, int line, EntryData data);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::string_view key(EntryId id) const;
  [[nodiscard]] int line(EntryId id) const { return entries_[id].line; }
  // Null for a plain entry.
  [[nodiscard]] const EntryData* data(EntryId id) const;
  [[nodiscard]] bool expires(EntryId id) const;
  // False once its `expires` has come.
  [[nodiscard]] bool alive(EntryId id, UtcTime now) const;
  [[nodiscard]] const std::vector<EntryData>& all_data() const { return data_; }

 private:
  struct Record {
    std::uint32_t offset;
    std::uint32_t length;
    std::int32_t line;
    std::uint32_t data;
  };
  std::string blob_;
  std::vector<Record> entries_;
  std::vector<EntryData> data_;
};

}  // namespace postern

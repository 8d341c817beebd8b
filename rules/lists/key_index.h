// Finds the entries of a list by their key: open addressing over entry ids, so that a plain entry
// costs a few bytes here. Built once from an EntryTable that outlives it. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "rules/lists/entry_table.h"

namespace postern {

class KeyIndex {
 public:
  // Indexes `ids` of `table`; several entries may have one key. One that can never be found,
  // because an entry before it with the same key, for which `alike(before, id)` holds, never
  // expires, is left out: a list of many equal lines costs no more than one.
  template <class Alike>
  void build(const EntryTable& table, const std::vector<EntryId>& ids, Alike alike) {
    if (ids.empty()) return;
    std::size_t capacity = 8;
    while (capacity * 3 < ids.size() * 4) capacity *= 2;
    slots_.assign(capacity, kNoEntry);
    for (EntryId id : ids) {
      const std::string_view key = table.key(id);
      std::size_t slot = first_slot(key);
      const auto hides = [&](EntryId before) {
        return table.key(before) == key && !table.expires(before) && alike(before, id);
      };
      while (slots_[slot] != kNoEntry && !hides(slots_[slot])) slot = next(slot);
      if (slots_[slot] == kNoEntry) slots_[slot] = id;
    }
  }
  void build(const EntryTable& table, const std::vector<EntryId>& ids) {
    build(table, ids, [](EntryId, EntryId) { return true; });
  }

  // The first entry with this key, in the order in which the entries stand, that is alive and for
  // which `accept(id)` holds; kNoEntry if there is none.
  template <class Accept>
  EntryId find(const EntryTable& table, std::string_view key, UtcTime now, Accept accept) const {
    if (slots_.empty()) return kNoEntry;
    for (std::size_t slot = first_slot(key); slots_[slot] != kNoEntry; slot = next(slot)) {
      const EntryId id = slots_[slot];
      if (table.key(id) == key && accept(id) && table.alive(id, now)) return id;
    }
    return kNoEntry;
  }

 private:
  [[nodiscard]] std::size_t first_slot(std::string_view key) const {
    return std::hash<std::string_view>{}(key) & (slots_.size() - 1);
  }
  [[nodiscard]] std::size_t next(std::size_t slot) const {
    return (slot + 1) & (slots_.size() - 1);
  }

  std::vector<EntryId> slots_;
};

}  // namespace postern

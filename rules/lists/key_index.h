// Finds the entries of a list by their key: open addressing over entry ids, with one byte of each
// hash beside it, so that a plain entry costs about eight bytes here and a miss seldom looks at a
// key. Built once from an EntryTable that outlives it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/lists/entry_table.h"

namespace postern::lists {

class KeyIndex {
 public:
  // What is looked for, with its hash, which is the same in every index with the same seed.
  struct Key {
    std::string_view text;
    std::uint64_t hash;
  };
  [[nodiscard]] Key key_of(std::string_view text) const;

  // Indexes `ids` of `table`; several entries may have one key. One that can never be found,
  // because an entry before it with the same key, for which `alike(before, id)` holds, never
  // expires, is left out: a list of many equal lines costs no more than one. Who does not know
  // `seed` cannot choose keys that all fall into one place.
  template <class Alike>
  void build(const EntryTable& table, const std::vector<EntryId>& ids, std::uint64_t seed,
             Alike alike) {
    seed_ = seed;
    make_room(ids.size());
    for (EntryId id : ids) {
      const std::string_view key = table.key(id);
      const Place place = place_of(key_of(key));
      const auto hides = [&](std::size_t slot) {
        const EntryId before = ids_[slot];
        return tags_[slot] == place.tag && table.key(before) == key && !table.expires(before) &&
               alike(before, id);
      };
      std::size_t slot = place.slot;
      while (tags_[slot] != kFree && !hides(slot)) slot = next(slot);
      if (tags_[slot] == kFree) {
        tags_[slot] = place.tag;
        ids_[slot] = id;
      }
    }
  }
  void build(const EntryTable& table, const std::vector<EntryId>& ids, std::uint64_t seed) {
    build(table, ids, seed, [](EntryId, EntryId) { return true; });
  }

  [[nodiscard]] bool empty() const { return ids_.empty(); }

  // The first entry with this key, in the order in which the entries stand, that is alive and for
  // which `accept(id)` holds; kNoEntry if there is none.
  template <class Accept>
  EntryId find(const EntryTable& table, const Key& key, UtcTime now, Accept accept) const {
    if (empty()) return kNoEntry;
    const Place place = place_of(key);
    __builtin_prefetch(&ids_[place.slot]);  // both are far away: fetched at the same time
    for (std::size_t slot = place.slot; tags_[slot] != kFree; slot = next(slot)) {
      if (tags_[slot] != place.tag) continue;
      const EntryId id = ids_[slot];
      if (table.key(id) == key.text && accept(id) && table.alive(id, now)) return id;
    }
    return kNoEntry;
  }
  template <class Accept>
  EntryId find(const EntryTable& table, std::string_view key, UtcTime now, Accept accept) const {
    return empty() ? kNoEntry : find(table, key_of(key), now, accept);
  }

 private:
  static constexpr std::uint8_t kFree = 0;
  struct Place {
    std::size_t slot;  // the first to look at
    std::uint8_t tag;  // never kFree
  };
  void make_room(std::size_t entries);
  [[nodiscard]] Place place_of(const Key& key) const;
  [[nodiscard]] std::size_t next(std::size_t slot) const {
    return slot + 1 == ids_.size() ? 0 : slot + 1;
  }

  std::uint64_t seed_ = 0;
  std::vector<std::uint8_t> tags_;  // by slot
  std::vector<EntryId> ids_;        // by slot
};

}  // namespace postern::lists

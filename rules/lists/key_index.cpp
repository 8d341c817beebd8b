#include "rules/lists/key_index.h"

#define XXH_INLINE_ALL  // header-only: nothing to link
#include <xxhash.h>

namespace postern::lists {

void KeyIndex::make_room(std::size_t entries) {
  if (entries == 0) return;
  const std::size_t slots = entries + entries / 3 * 2 + 2;  // three of five are taken
  tags_.assign(slots, kFree);
  ids_.assign(slots, kNoEntry);
}

KeyIndex::Key KeyIndex::key_of(std::string_view text) const {
  return {text, XXH3_64bits_withSeed(text.data(), text.size(), seed_)};
}

KeyIndex::Place KeyIndex::place_of(const Key& key) const {
  // The upper half says where (its share of the slots: no division), a part of the lower half
  // which.
  const std::uint64_t slot = ((key.hash >> 32) * ids_.size()) >> 32;
  return {static_cast<std::size_t>(slot), static_cast<std::uint8_t>(key.hash % 255 + 1)};
}

}  // namespace postern::lists

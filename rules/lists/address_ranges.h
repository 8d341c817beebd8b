// Ranges of addresses that do not overlap, in ascending order: each ends where the next one starts.
// A look-up is one binary search over the starts alone. Built once by NetworkList. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "rules/lists/entry_table.h"

namespace postern::lists {

template <class Address>
class AddressRanges {
 public:
  // From `start` on, up to the next one, addresses belong to `owner`, or to none (kNoEntry). Starts
  // come in ascending order; of equal ones the last counts.
  void begin_range(const Address& start, EntryId owner) {
    if (!starts_.empty() && starts_.back() == start) {
      owners_.back() = owner;
    } else {
      starts_.push_back(start);
      owners_.push_back(owner);
    }
  }
  // Call once after the last range.
  void finish() {
    starts_.shrink_to_fit();
    owners_.shrink_to_fit();
  }

  [[nodiscard]] EntryId find(const Address& address) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), address);
    if (after == starts_.begin()) return kNoEntry;
    return owners_[static_cast<std::size_t>(after - starts_.begin()) - 1];
  }

 private:
  std::vector<Address> starts_;
  std::vector<EntryId> owners_;  // by range
};

}  // namespace postern::lists

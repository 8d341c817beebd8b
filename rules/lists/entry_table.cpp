#include "rules/lists/entry_table.h"

#include <algorithm>

namespace postern::lists {
namespace {

// What was reserved by a guess is given back when the guess was far off.
template <class Container>
void trim(Container& container) {
  if (container.capacity() / 8 * 7 > container.size()) container.shrink_to_fit();
}

}  // namespace

void EntryTable::reserve(std::size_t entries, std::size_t bytes) {
  starts_.reserve(entries + 1);
  lines_.reserve(entries);
  blob_.reserve(bytes);
}

EntryId EntryTable::add(std::string_view key, int line, EntryData data) {
  const auto id = static_cast<EntryId>(lines_.size());
  blob_.append(key);
  starts_.push_back(static_cast<std::uint32_t>(blob_.size()));
  lines_.push_back(line);
  if (data.empty()) return id;
  if (data.expires) expiries_.push_back(*data.expires);
  // Programs that write lists say the same of very many entries.
  if (data_.empty() || data_.back() != data) data_.push_back(std::move(data));
  extras_.push_back({id, static_cast<std::uint32_t>(data_.size() - 1)});
  return id;
}

void EntryTable::finish() {
  trim(blob_);
  trim(starts_);
  trim(lines_);
  trim(extras_);
  trim(data_);
  std::sort(expiries_.begin(), expiries_.end());
}

const EntryData* EntryTable::data(EntryId id) const {
  if (extras_.empty()) return nullptr;
  const auto extra =
      std::lower_bound(extras_.begin(), extras_.end(), id,
                       [](const Extra& one, EntryId wanted) { return one.entry < wanted; });
  return extra == extras_.end() || extra->entry != id ? nullptr : &data_[extra->data];
}

bool EntryTable::expires(EntryId id) const {
  const EntryData* extra = data(id);
  return extra != nullptr && extra->expires;
}

bool EntryTable::has_expired(EntryId id, UtcTime now) const {
  const EntryData* extra = data(id);
  return extra != nullptr && extra->expires && now >= *extra->expires;
}

std::size_t EntryTable::expired(UtcTime now) const {
  const auto first_alive = std::upper_bound(expiries_.begin(), expiries_.end(), now);
  return static_cast<std::size_t>(first_alive - expiries_.begin());
}

}  // namespace postern::lists

#include "rules/lists/entry_table.h"

namespace postern {

EntryId EntryTable::add(std::string_view key, int line, EntryData data) {
  Record record{static_cast<std::uint32_t>(blob_.size()), static_cast<std::uint32_t>(key.size()),
                line, kNoEntry};
  blob_.append(key);
  if (!data.empty()) {
    record.data = static_cast<std::uint32_t>(data_.size());
    data_.push_back(std::move(data));
  }
  entries_.push_back(record);
  return static_cast<EntryId>(entries_.size() - 1);
}

std::string_view EntryTable::key(EntryId id) const {
  const Record& record = entries_[id];
  return std::string_view(blob_).substr(record.offset, record.length);
}

const EntryData* EntryTable::data(EntryId id) const {
  const std::uint32_t index = entries_[id].data;
  return index == kNoEntry ? nullptr : &data_[index];
}

bool EntryTable::expires(EntryId id) const {
  const EntryData* extra = data(id);
  return extra != nullptr && extra->expires;
}

bool EntryTable::alive(EntryId id, UtcTime now) const {
  const EntryData* extra = data(id);
  return extra == nullptr || !extra->expires || now < *extra->expires;
}

}  // namespace postern

// The changes that a store has been told of and has not written, and what they make of the records
// that are written: so that decisions of this process see at once what others of it have done. Not
// for several threads at once.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "server/state/stored_record.h"

namespace postern::state {

class PendingChanges {
 public:
  using Record = std::optional<StoredRecord>;
  using Written = std::unordered_map<RecordKey, Record, HashOfRecordKey>;

  // The record as the changes leave it; null: none of them is about it.
  [[nodiscard]] const Record* find(const RecordKey& key) const;
  // `read_written(key)` gives the record without them.
  void add(const Change& change, const std::function<Record(const RecordKey&)>& read_written);

  // Into `taken`, whose memory is used again, the first `most` of them, which stay as they are for
  // find() until they are settled.
  void take(std::size_t most, std::vector<Change>& taken);
  // Those that were taken have been written, or are given up: that is what is written now under
  // each of their keys. Those that came later are carried out on it.
  void settle(const Written& written);

  // All are lost, those that were taken as well. How many they are.
  std::size_t give_up() noexcept;

  // Not taken yet.
  [[nodiscard]] std::size_t size() const { return queue_.size(); }

 private:
  std::vector<Change> queue_;
  std::size_t taken_ = 0;
  Written records_;
};

}  // namespace postern::state

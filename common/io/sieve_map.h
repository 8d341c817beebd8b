// A map from names to entries, bounded in bytes. What has not been looked up since the hand passed
// it last goes first (SIEVE, NSDI 2024): one bit an entry, and a look-up moves nothing.
// No locks: its owner has one.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/keyed_hash.h"

namespace postern {

template <class Value>
class SieveMap {
 public:
  struct Entry {
    explicit Entry(std::string_view key) : name(key) {}
    std::string name;
    Value value;
    std::size_t bytes = 0;
    bool visited = false;
    Entry* newer = nullptr;
    Entry* older = nullptr;
  };
  using EntryPtr = std::unique_ptr<Entry>;

  SieveMap(std::size_t max_bytes, const KeyedHash& hash)
      : by_name_(0, hash), max_bytes_(max_bytes) {}

  Entry* find(std::string_view name) {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second.get();
  }

  // REQUIRES: no entry of this name.
  Entry* insert(EntryPtr entry) {
    Entry* const added = entry.get();
    by_name_.emplace(added->name, std::move(entry));
    added->older = newest_;
    if (newest_ != nullptr) newest_->newer = added;
    newest_ = added;
    if (oldest_ == nullptr) oldest_ = added;
    return added;
  }

  // To be called whenever an entry has grown or shrunk.
  void set_bytes(Entry& entry, std::size_t bytes) {
    bytes_ = bytes_ - entry.bytes + bytes;
    entry.bytes = bytes;
  }

  EntryPtr remove(Entry& entry) {
    if (hand_ == &entry) hand_ = entry.newer;
    (entry.newer != nullptr ? entry.newer->older : newest_) = entry.older;
    (entry.older != nullptr ? entry.older->newer : oldest_) = entry.newer;
    bytes_ -= entry.bytes;
    const auto found = by_name_.find(std::string_view(entry.name));
    EntryPtr removed = std::move(found->second);
    by_name_.erase(found);
    return removed;
  }

  // Removes entries until the bound holds, or so many that it takes another call. They are handed
  // over, so that the owner can free them without its lock.
  std::vector<EntryPtr> shrink(std::size_t at_most) {
    std::vector<EntryPtr> removed;
    while (bytes_ > max_bytes_ && oldest_ != nullptr && removed.size() < at_most) {
      Entry* candidate = hand_ != nullptr ? hand_ : oldest_;
      while (candidate->visited) {
        candidate->visited = false;
        candidate = candidate->newer != nullptr ? candidate->newer : oldest_;
      }
      hand_ = candidate->newer;
      removed.push_back(remove(*candidate));
    }
    return removed;
  }

  // A smaller bound holds after the next shrink().
  void set_max_bytes(std::size_t max_bytes) { max_bytes_ = max_bytes; }
  [[nodiscard]] std::size_t max_bytes() const { return max_bytes_; }

  [[nodiscard]] std::size_t size() const { return by_name_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  // Keys are views into the entries, which never move.
  boost::unordered_flat_map<std::string_view, EntryPtr, KeyedHash> by_name_;
  Entry* newest_ = nullptr;
  Entry* oldest_ = nullptr;
  Entry* hand_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t max_bytes_;
};

}  // namespace postern

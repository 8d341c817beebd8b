// A map from names to values, bounded in bytes. What has not been looked up since the hand passed
// it last goes first (SIEVE, NSDI 2024): one bit an entry, and a look-up moves nothing. One block
// of memory a name, and a pointer to it in the table.
// No locks: its owner has one.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/base/keyed_hash.h"
#include "common/resolver/heap_bytes.h"

namespace postern::resolver {

// `Value::heap_size()`: the bytes that it has allocated, as an estimate.
template <class Value>
class SieveMap {
 public:
  class Entry;
  struct Free {
    void operator()(Entry* entry) const noexcept {
      entry->~Entry();
      ::operator delete(entry);
    }
  };
  using EntryPtr = std::unique_ptr<Entry, Free>;

  class Entry {
    static constexpr unsigned kNameSizeBits = 15;

   public:
    static constexpr std::size_t kMaxName = (1U << kNameSizeBits) - 1;

    // REQUIRES: a name of at most kMaxName bytes. They lie behind the entry.
    static EntryPtr make(std::string_view name) {
      assert(name.size() <= kMaxName);
      void* const block = ::operator new(sizeof(Entry) + name.size());
      std::copy(name.begin(), name.end(), static_cast<char*>(block) + sizeof(Entry));
      return EntryPtr(new (block) Entry(name.size()));
    }

    [[nodiscard]] std::string_view name() const {
      return {reinterpret_cast<const char*>(this + 1), name_size_};
    }
    // Changed by SieveMap::change() alone.
    [[nodiscard]] const Value& value() const { return value_; }
    // Was looked up: may stay.
    void visit() { visited_ = true; }

   private:
    friend class SieveMap;
    explicit Entry(std::size_t name_size) : name_size_(name_size & kMaxName), visited_(false) {}

    Entry* newer_ = nullptr;
    Entry* older_ = nullptr;
    [[no_unique_address]] Value value_;
    std::uint16_t name_size_ : kNameSizeBits;
    bool visited_ : 1;
  };

  SieveMap(std::size_t max_bytes, const KeyedHash& hash)
      : by_name_(0, HashOfName{hash}), max_bytes_(max_bytes) {}
  SieveMap(const SieveMap&) = delete;
  SieveMap& operator=(const SieveMap&) = delete;
  ~SieveMap() {
    while (newest_ != nullptr) {
      const EntryPtr freed(newest_);
      newest_ = freed->older_;
    }
  }

  // `hash`: of `name`, by the map's KeyedHash.
  struct HashedName {
    std::string_view name;
    std::uint64_t hash;
  };
  Entry* find(const HashedName& name) {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : *found;
  }

  // REQUIRES: no entry of this name.
  Entry* insert(EntryPtr entry) {
    by_name_.insert(entry.get());
    Entry* const added = entry.release();
    added->older_ = newest_;
    if (newest_ != nullptr) newest_->newer_ = added;
    newest_ = added;
    if (oldest_ == nullptr) oldest_ = added;
    bytes_ += bytes_of(*added);
    return added;
  }

  // Calls `change` with the entry's value, which may grow or shrink. When it throws, what it has
  // done by then counts.
  template <class Change>
  void change(Entry& entry, Change change) {
    bytes_ -= bytes_of(entry);
    try {
      change(entry.value_);
    } catch (...) {
      bytes_ += bytes_of(entry);
      throw;
    }
    bytes_ += bytes_of(entry);
  }

  EntryPtr remove(Entry& entry) {
    if (hand_ == &entry) hand_ = entry.newer_;
    (entry.newer_ != nullptr ? entry.newer_->older_ : newest_) = entry.older_;
    (entry.older_ != nullptr ? entry.older_->newer_ : oldest_) = entry.newer_;
    bytes_ -= bytes_of(entry);
    by_name_.erase(&entry);
    return EntryPtr(&entry);
  }

  // Removes entries until the bound holds, or so many that it takes another call. They are handed
  // over, so that the owner can free them without its lock.
  std::vector<EntryPtr> shrink(std::size_t at_most) {
    std::vector<EntryPtr> removed;
    while (bytes_ > max_bytes_ && oldest_ != nullptr && removed.size() < at_most) {
      Entry* candidate = hand_ != nullptr ? hand_ : oldest_;
      while (candidate->visited_) {
        candidate->visited_ = false;
        candidate = candidate->newer_ != nullptr ? candidate->newer_ : oldest_;
      }
      hand_ = candidate->newer_;
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
  struct HashOfName {
    using is_transparent = void;
    using is_avalanching = std::true_type;
    KeyedHash hash;
    std::size_t operator()(const HashedName& name) const noexcept { return name.hash; }
    std::size_t operator()(const Entry* entry) const noexcept { return hash(entry->name()); }
  };
  struct SameName {
    using is_transparent = void;
    // No two entries have one name.
    bool operator()(const Entry* left, const Entry* right) const { return left == right; }
    bool operator()(const HashedName& left, const Entry* right) const {
      return std::ranges::equal(left.name, right->name());
    }
    bool operator()(const Entry* left, const HashedName& right) const {
      return std::ranges::equal(left->name(), right.name);
    }
  };

  // A pointer and a byte in a flat table that is on average two thirds full.
  static constexpr std::size_t kTableSlot = 14;

  // Does not change while the value does not, so it need not be kept.
  static std::size_t bytes_of(const Entry& entry) {
    return heap_bytes(sizeof(Entry) + entry.name_size_) + entry.value_.heap_size() + kTableSlot;
  }

  boost::unordered_flat_set<Entry*, HashOfName, SameName> by_name_;  // owned
  Entry* newest_ = nullptr;
  Entry* oldest_ = nullptr;
  Entry* hand_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t max_bytes_;
};

}  // namespace postern::resolver

// A table of a bounded number of values, in which strangers choose the keys. When it is full, one
// goes of those that were used longest ago: first of those that were used once, so that a flood of
// new keys pushes out itself; of the others only while these have nearly all of the table. Same
// uses, same table.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace postern::radar {

template <class Value>
class LruTable {
 public:
  // REQUIRES: max_size > 0.
  explicit LruTable(std::size_t max_size) : max_size_(max_size) {}

  struct Use {
    Value& value;
    bool is_new;
  };
  // The value of `key`, now used last. Valid until the next use().
  Use use(std::uint64_t key) {
    ++uses_;
    if (const auto known = index_.find(key); known != index_.end()) {
      Node& node = nodes_[known->second];
      // Those in front stay where they are: their order is no matter, and to move one costs much.
      if (node.once || uses_ - node.linked >= max_size_ / kShareInFront) {
        unlink(known->second);
        node.once = false;
        link(known->second);
      }
      return {node.value, false};
    }
    while (index_.size() >= max_size_) evict();
    const Place place = free_place();
    nodes_[place] = Node{.key = key, .once = true, .is_used = true, .value = {}};
    index_.emplace(key, place);
    link(place);
    return {nodes_[place].value, true};
  }

  [[nodiscard]] const Value* find(std::uint64_t key) const {
    const auto known = index_.find(key);
    return known == index_.end() ? nullptr : &nodes_[known->second].value;
  }
  Value* find(std::uint64_t key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

  // Of a key that is there.
  [[nodiscard]] bool was_used_once(std::uint64_t key) const { return nodes_[index_.at(key)].once; }

  // Puts in one that is not there, as used last; whether it was used once. Above the bound, until
  // the next use(): so that tables can be joined in any order.
  Value& put(std::uint64_t key, bool once) {
    const Place place = free_place();
    nodes_[place] = Node{.key = key, .once = once, .is_used = true, .value = {}};
    index_.emplace(key, place);
    link(place);
    return nodes_[place].value;
  }

  void clear() { *this = LruTable(max_size_); }

  [[nodiscard]] std::size_t size() const { return index_.size(); }

  // visit(key, value, once), in no order that anything may hang on.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Node& node : nodes_) {
      if (node.is_used) visit(node.key, node.value, node.once);
    }
  }

 private:
  using Place = std::uint32_t;
  static constexpr Place kNone = std::numeric_limits<Place>::max();
  static constexpr std::size_t kShareInFront = 16;
  static constexpr std::size_t kShareOfOnce = 8;  // an eighth of the table is theirs

  struct Node {
    std::uint64_t key = 0;
    Place newer = kNone;
    Place older = kNone;
    std::uint64_t linked = 0;  // in which use
    bool once = true;
    bool is_used = false;
    Value value;
  };
  struct Ends {
    Place newest = kNone;
    Place oldest = kNone;
    std::size_t size = 0;
  };
  struct IdentityHash {
    using is_avalanching = void;  // keys are hashes already
    std::size_t operator()(std::uint64_t key) const noexcept { return key; }
  };

  Ends& ends_of(const Node& node) { return node.once ? once_ : again_; }

  void link(Place place) {
    Node& node = nodes_[place];
    Ends& ends = ends_of(node);
    node.linked = uses_;
    node.newer = kNone;
    node.older = ends.newest;
    (ends.newest == kNone ? ends.oldest : nodes_[ends.newest].newer) = place;
    ends.newest = place;
    ++ends.size;
  }

  void unlink(Place place) {
    Node& node = nodes_[place];
    Ends& ends = ends_of(node);
    (node.newer == kNone ? ends.newest : nodes_[node.newer].older) = node.older;
    (node.older == kNone ? ends.oldest : nodes_[node.older].newer) = node.newer;
    --ends.size;
  }

  void evict() {
    const bool of_once = once_.size > max_size_ / kShareOfOnce || again_.size == 0;
    const Place place = of_once ? once_.oldest : again_.oldest;
    unlink(place);
    index_.erase(nodes_[place].key);
    nodes_[place] = Node{};
    free_.push_back(place);
  }

  Place free_place() {
    if (free_.empty()) {
      nodes_.emplace_back();
      return static_cast<Place>(nodes_.size() - 1);
    }
    const Place place = free_.back();
    free_.pop_back();
    return place;
  }

  std::size_t max_size_;
  std::uint64_t uses_ = 0;
  boost::unordered_flat_map<std::uint64_t, Place, IdentityHash> index_;
  std::vector<Node> nodes_;
  std::vector<Place> free_;
  Ends once_;
  Ends again_;
};

}  // namespace postern::radar

// The latest of what was seen, each key with its time: at most `most` after an add(), the oldest go
// first. The union of two may have more, until the next add(): so it is the same in any order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "common/base/utc_date.h"

namespace postern::radar {

struct Mark {
  std::uint64_t key = 0;
  UtcTime time{};

  void join(const Mark& other) { time = std::max(time, other.time); }
};

// `Element` has a key, a time, and join() with another one of the same key.
template <class Element, std::size_t most>
class RecentSet {
 public:
  [[nodiscard]] const std::vector<Element>& all() const { return all_; }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] bool empty() const { return all_.empty(); }

  Element* find(std::uint64_t key) {
    const auto found =
        std::find_if(all_.begin(), all_.end(), [&](const Element& one) { return one.key == key; });
    return found == all_.end() ? nullptr : &*found;
  }

  // Adds one, or joins it to the one with its key.
  void add(const Element& one) {
    include(one);
    while (all_.size() > most) {
      all_.erase(
          std::min_element(all_.begin(), all_.end(), [](const auto& left, const auto& right) {
            return std::tie(left.time, left.key) < std::tie(right.time, right.key);
          }));
    }
  }
  void remove(std::uint64_t key) {
    std::erase_if(all_, [&](const Element& one) { return one.key == key; });
  }
  void remove_before(UtcTime time) {
    std::erase_if(all_, [&](const Element& one) { return one.time < time; });
  }
  void join(const RecentSet& other) {
    for (const Element& one : other.all_) include(one);
  }

  [[nodiscard]] std::size_t count_since(UtcTime time) const {
    return static_cast<std::size_t>(std::count_if(
        all_.begin(), all_.end(), [&](const Element& one) { return one.time >= time; }));
  }

  // As it was written down: any number, in order.
  void include(const Element& one) {
    if (Element* known = find(one.key)) {
      known->join(one);
    } else {
      all_.push_back(one);
    }
  }

 private:
  std::vector<Element> all_;
};

}  // namespace postern::radar

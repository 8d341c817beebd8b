#include "ctl/report/top_counts.h"

#include <algorithm>

namespace postern::report {

void TopCounts::add(std::string_view text, std::uint64_t times) {
  text = text.substr(0, kMaxTextBytes);
  if (const auto known = counts_.find(text); known != counts_.end()) {
    known->second += times;
    return;
  }
  if (counts_.size() >= max_texts_) forget_rare();
  counts_.emplace(std::string(text), times);
}

std::vector<TopCounts::Count> TopCounts::top(std::size_t most) const {
  std::vector<Count> all;
  all.reserve(counts_.size());
  for (const auto& [text, times] : counts_) all.push_back({text, times});
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(most, all.size()));
  std::partial_sort(all.begin(), end, all.end(), [](const Count& one, const Count& other) {
    return one.times != other.times ? one.times > other.times : one.text < other.text;
  });
  all.erase(end, all.end());
  return all;
}

// Half of them, so that it is seldom.
void TopCounts::forget_rare() {
  was_cut_ = true;
  const auto kept = top(max_texts_ / 2);
  counts_.clear();
  for (const Count& one : kept) counts_.emplace(one.text, one.times);
}

}  // namespace postern::report

#include "server/service/latency_histogram.h"

#include <algorithm>

namespace postern::service {

// Nearly all decisions are in the first few: faster from the start than from the middle.
void LatencyHistogram::record(Time time) {
  const auto bound =
      std::find_if(kBounds.begin(), kBounds.end(), [time](Time one) { return time <= one; });
  const auto index = static_cast<std::size_t>(bound - kBounds.begin());
  classes_[index].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(static_cast<std::uint64_t>(std::max(time, Time{0}).count()),
                 std::memory_order_relaxed);
}

LatencyHistogram::Counts LatencyHistogram::counts() const {
  Counts counts;
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    counts.classes[i] = classes_[i].load(std::memory_order_relaxed);
  }
  counts.sum = Time{static_cast<Time::rep>(sum_.load(std::memory_order_relaxed))};
  return counts;
}

}  // namespace postern::service

#include "tests/load/latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace postern {

using std::chrono::microseconds;

// Up to kSteps microseconds each has its own; from there on each power of two has kSteps of them.
std::size_t Latencies::bucket_of(std::uint64_t micros) {
  if (micros < kSteps) return micros;
  const auto power = static_cast<std::size_t>(std::bit_width(micros)) - std::bit_width(kSteps);
  return (power + 1) * kSteps + (micros >> power) - kSteps;
}

std::uint64_t Latencies::end_of(std::size_t bucket) {
  if (bucket < kSteps) return bucket;
  const std::size_t power = bucket / kSteps - 1;
  return ((bucket % kSteps + kSteps + 1) << power) - 1;
}

void Latencies::add(std::chrono::nanoseconds took) {
  const auto micros = std::chrono::duration_cast<microseconds>(took);
  const auto whole = static_cast<std::uint64_t>(std::max<std::int64_t>(micros.count(), 0));
  ++buckets_[std::min(bucket_of(whole), buckets_.size() - 1)];
  ++count_;
  worst_ = std::max(worst_, micros);
}

microseconds Latencies::at(double part) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (bucket + 1 < buckets_.size() && seen >= wanted && seen > 0) {
      return std::min(worst_, microseconds(static_cast<std::int64_t>(end_of(bucket))));
    }
  }
  return worst_;
}

}  // namespace postern

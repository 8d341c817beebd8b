// How long something took, in classes that are always the same, so that what several daemons have
// counted can be added up. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace postern::service {

class LatencyHistogram {
 public:
  using Time = std::chrono::microseconds;

  // Inclusive, ascending.
  static constexpr std::array<Time, 16> kBounds{
      Time{100},       Time{250},       Time{500},       Time{1'000},
      Time{2'500},     Time{5'000},     Time{10'000},    Time{25'000},
      Time{50'000},    Time{100'000},   Time{250'000},   Time{500'000},
      Time{1'000'000}, Time{2'500'000}, Time{5'000'000}, Time{10'000'000}};

  // Allocates nothing, takes no lock. A negative time counts as none.
  void record(Time time);

  struct Counts {
    std::array<std::uint64_t, kBounds.size() + 1> classes{};  // the last: above all bounds
    Time sum{0};
  };
  // What is recorded meanwhile may be in the sum and not yet in its class, or the other way round.
  [[nodiscard]] Counts counts() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> classes_{};
  std::atomic<std::uint64_t> sum_{0};  // microseconds
};

}  // namespace postern::service

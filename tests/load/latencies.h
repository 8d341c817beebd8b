// How long many answers took, in bounded memory: buckets that are no wider than 4 % of what is in
// them. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace postern {

class Latencies {
 public:
  void add(std::chrono::nanoseconds took);

  // The time that this part of them (0 to 1) did not exceed, at most 4 % too long.
  [[nodiscard]] std::chrono::microseconds at(double part) const;
  [[nodiscard]] std::chrono::microseconds worst() const { return worst_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr std::size_t kSteps = 32;  // of each power of two
  static std::size_t bucket_of(std::uint64_t micros);
  static std::uint64_t end_of(std::size_t bucket);

  std::array<std::uint64_t, kSteps * 40> buckets_{};
  std::uint64_t count_ = 0;
  std::chrono::microseconds worst_{0};
};

}  // namespace postern

// Gives out a bounded number of permits. A server owns one for each bound; all threads share it,
// and any thread may call any function.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace postern::service {

class Capacity {
 public:
  struct Release {
    void operator()(Capacity* of) const { of->taken_.fetch_sub(1, std::memory_order_relaxed); }
  };
  // Is given back when it is destroyed. The capacity outlives it.
  using Permit = std::unique_ptr<Capacity, Release>;

  explicit Capacity(std::size_t permits) : permits_(permits) {}

  // Bounds the permits that are given out from now on. Those that are out stay valid.
  void resize(std::size_t permits) { permits_.store(permits, std::memory_order_relaxed); }

  // Null when all are taken, which is counted.
  Permit take() {
    std::size_t taken = taken_.load(std::memory_order_relaxed);
    while (taken < permits()) {
      if (taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed)) {
        granted_.fetch_add(1, std::memory_order_relaxed);
        return Permit(this);
      }
    }
    refused_.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }

  [[nodiscard]] std::size_t permits() const { return permits_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }
  // Since the start.
  [[nodiscard]] std::uint64_t granted() const { return granted_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> permits_;
  std::atomic<std::size_t> taken_{0};
  std::atomic<std::uint64_t> granted_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace postern::service

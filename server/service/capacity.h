// So many at once and no more: whoever finds no place goes without. Shared by all threads; every
// function may be called from any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace postern::service {

class Capacity {
 public:
  // A place taken; given up when destroyed. The capacity outlives it.
  class Place {
   public:
    Place(Place&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (of_ != nullptr) of_->taken_.fetch_sub(1, std::memory_order_relaxed);
    }

   private:
    friend class Capacity;
    explicit Place(Capacity& of) : of_(&of) {}
    Capacity* of_;
  };

  explicit Capacity(std::size_t places) : places_(places) {}

  // For those who come from now on: who has a place keeps it, also when there are more than places.
  void resize(std::size_t places) { places_.store(places, std::memory_order_relaxed); }

  // Nothing when all are taken, which is counted.
  std::optional<Place> take() {
    std::size_t taken = taken_.load(std::memory_order_relaxed);
    while (taken < places_.load(std::memory_order_relaxed)) {
      if (taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed)) {
        granted_.fetch_add(1, std::memory_order_relaxed);
        return Place(*this);
      }
    }
    refused_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }

  [[nodiscard]] std::size_t places() const { return places_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }
  // Since the start.
  [[nodiscard]] std::uint64_t granted() const { return granted_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> places_;
  std::atomic<std::size_t> taken_{0};
  std::atomic<std::uint64_t> granted_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace postern::service

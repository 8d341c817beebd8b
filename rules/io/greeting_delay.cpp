#include "rules/io/greeting_delay.h"

#include <utility>

namespace postern {

ServerLoad load_of(std::size_t open_connections, std::size_t max_connections) {
  const bool nearly_full = open_connections >= max_connections - max_connections / 10;
  return nearly_full ? ServerLoad::overloaded : ServerLoad::normal;
}

GreetingDelay::Slot::Slot(Slot&& other) noexcept : cap_(std::exchange(other.cap_, nullptr)) {}

GreetingDelay::Slot::~Slot() {
  if (cap_ != nullptr) cap_->held_now_.fetch_sub(1, std::memory_order_relaxed);
}

std::optional<GreetingDelay::Slot> GreetingDelay::take(ServerLoad load) {
  if (load == ServerLoad::overloaded) {
    skipped_overloaded_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  if (held_now_.fetch_add(1, std::memory_order_relaxed) >= max_at_once_) {
    held_now_.fetch_sub(1, std::memory_order_relaxed);
    skipped_full_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  held_.fetch_add(1, std::memory_order_relaxed);
  return Slot(*this);
}

GreetingDelay::Counts GreetingDelay::counts() const {
  return {held_now_.load(std::memory_order_relaxed), held_.load(std::memory_order_relaxed),
          skipped_full_.load(std::memory_order_relaxed),
          skipped_overloaded_.load(std::memory_order_relaxed)};
}

}  // namespace postern

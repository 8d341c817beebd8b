#include "server/service/shadow_slot.h"

#include "server/service/shadow.h"

namespace postern::service {

ShadowSlot::ShadowSlot() = default;
ShadowSlot::~ShadowSlot() = default;

// What ran ends with whoever takes it, and so without the lock: nobody waits for its threads.
std::unique_ptr<Shadow> ShadowSlot::exchange(std::unique_ptr<Shadow> next) {
  const std::lock_guard lock(mutex_);
  runs_.store(next != nullptr, std::memory_order_relaxed);
  shadow_.swap(next);
  return next;
}

void ShadowSlot::pass_on(const explain::DecisionRecord& decision) noexcept {
  const std::lock_guard lock(mutex_);
  if (shadow_) shadow_->record(decision);
}

}  // namespace postern::service

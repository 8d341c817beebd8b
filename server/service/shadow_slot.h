// Where the shadow of a daemon stands, if one runs. The main thread starts and drops it; any thread
// may record().
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "rules/explain/decision_line.h"

namespace postern::service {

class Shadow;  // server/service/shadow.h

class ShadowSlot {
 public:
  ShadowSlot();
  ShadowSlot(const ShadowSlot&) = delete;
  ShadowSlot& operator=(const ShadowSlot&) = delete;
  ~ShadowSlot();

  // A look at a flag is all that a decision pays for when none runs.
  void record(const explain::DecisionRecord& decision) noexcept {
    if (runs_.load(std::memory_order_relaxed)) pass_on(decision);
  }

  // Main thread. Null: none runs.
  [[nodiscard]] const Shadow* running() const { return shadow_.get(); }
  // What ran until then; null: none did. Null for `next`: none runs from now on. Main thread.
  std::unique_ptr<Shadow> exchange(std::unique_ptr<Shadow> next);

 private:
  void pass_on(const explain::DecisionRecord& decision) noexcept;

  std::atomic<bool> runs_{false};
  std::mutex mutex_;  // for whoever records; the main thread alone changes what it guards
  std::unique_ptr<Shadow> shadow_;
};

}  // namespace postern::service

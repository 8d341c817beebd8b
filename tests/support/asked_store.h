// A store that has to be asked, and answers when a test wants it to. Any thread.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "server/state/state_store.h"

namespace postern {

class AskedStore final : public state::StateStore {
 public:
  [[nodiscard]] StateFact find(const StateKey& /*key*/) override { return {}; }
  [[nodiscard]] std::optional<StateFact> find_at_once(const StateKey& /*key*/) override {
    return std::nullopt;
  }
  void ask(const StateKey& /*key*/, const std::function<void(const StateFact&)>& answer) override {
    const std::lock_guard lock(mutex_);
    answers_.push_back(answer);
  }
  void apply(std::span<const Effect> /*effects*/) noexcept override {}
  void forget(const StateKey& /*key*/) noexcept override {}
  void sweep() override {}
  void finish() override {}
  [[nodiscard]] state::StoreStatus status() const override { return {}; }

  [[nodiscard]] std::size_t asked() const {
    const std::lock_guard lock(mutex_);
    return answers_.size();
  }
  // To all that was asked.
  void answer(const StateFact& fact) {
    std::vector<std::function<void(const StateFact&)>> answers;
    {
      const std::lock_guard lock(mutex_);
      answers = std::exchange(answers_, {});
    }
    for (const auto& one : answers) one(fact);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::function<void(const StateFact&)>> answers_;
};

}  // namespace postern

// The tokens of the newest refusals, for who begins to type one. Bounded; one per daemon; any
// thread may call any function.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "rules/model/transaction.h"
#include "rules/model/verdict.h"

namespace postern::service {

class RecentTokens {
 public:
  static constexpr std::size_t kKept = 64;

  struct Refusal {
    std::string token;
    Disposition action = Disposition::reject;
    std::string sender_domain;  // empty: there is none
  };

  RecentTokens() = default;
  RecentTokens(const RecentTokens&) = delete;
  RecentTokens& operator=(const RecentTokens&) = delete;

  // Keeps it if the client was told a token.
  void record(const Transaction& transaction, const Verdict& verdict) {
    if (verdict.token.empty()) return;
    Refusal refusal{verdict.token, verdict.action,
                    transaction.sender ? transaction.sender->domain().text() : std::string()};
    const std::lock_guard lock(mutex_);
    refusals_.push_front(std::move(refusal));
    if (refusals_.size() > kKept) refusals_.pop_back();
  }
  // The newest first.
  [[nodiscard]] std::vector<Refusal> all() const {
    const std::lock_guard lock(mutex_);
    return {refusals_.begin(), refusals_.end()};
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Refusal> refusals_;
};

}  // namespace postern::service

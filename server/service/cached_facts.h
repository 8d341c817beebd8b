// Gives decisions the facts that are at hand: what the DNS cache holds, and the records of the
// store, unless a server has them. Both answer at once. Has no state of its own; any thread.
#pragma once

#include <chrono>
#include <optional>

#include "common/resolver/dns_cache.h"
#include "rules/model/facts.h"
#include "server/state/state_store.h"

namespace postern::service {

class CachedFacts final : public FactSource {
 public:
  // Both outlive it. Null: there is no store.
  explicit CachedFacts(resolver::DnsCache& cache, state::StateStore* store = nullptr)
      : cache_(cache), store_(store) {}

  [[nodiscard]] std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override {
    return cache_.find(question, std::chrono::steady_clock::now());
  }
  [[nodiscard]] std::optional<StateFact> find_state(const StateKey& key) override {
    return store_ != nullptr ? store_->find_at_once(key) : StateFact{};
  }

 private:
  resolver::DnsCache& cache_;
  state::StateStore* store_;
};

}  // namespace postern::service

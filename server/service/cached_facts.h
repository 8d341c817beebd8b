// Gives decisions the facts that are at hand: what the DNS cache holds, and the records of the
// store, unless a server has them. Both answer at once. By the clock of the last tick: an answer is
// given until some milliseconds after its time. Has no state of its own; any thread.
#pragma once

#include <optional>

#include "common/os/coarse_clock.h"
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
    return cache_.find(question, os::coarse_now());
  }
  [[nodiscard]] std::optional<StateFact> find_state(const StateKey& key) override {
    return store_ != nullptr ? store_->find_at_once(key) : StateFact{};
  }

 private:
  resolver::DnsCache& cache_;
  state::StateStore* store_;
};

}  // namespace postern::service

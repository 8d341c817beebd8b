// The facts that a daemon has at hand: what the DNS cache holds. Stateless beside the cache, so one
// serves all threads.
#pragma once

#include <chrono>
#include <optional>

#include "common/io/dns_cache.h"
#include "rules/facts.h"

namespace postern {

class CachedFacts final : public FactSource {
 public:
  // The cache outlives it.
  explicit CachedFacts(DnsCache& cache) : cache_(cache) {}

  [[nodiscard]] std::optional<DnsFact> find(const DnsQuestion& question) override {
    return cache_.find(question, std::chrono::steady_clock::now());
  }

 private:
  DnsCache& cache_;
};

}  // namespace postern

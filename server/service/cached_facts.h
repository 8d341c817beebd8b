// Gives decisions the facts that the DNS cache holds. Has no state of its own; any thread.
#pragma once

#include <chrono>
#include <optional>

#include "common/resolver/dns_cache.h"
#include "rules/model/facts.h"

namespace postern::service {

class CachedFacts final : public FactSource {
 public:
  // The cache outlives it.
  explicit CachedFacts(resolver::DnsCache& cache) : cache_(cache) {}

  [[nodiscard]] std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override {
    return cache_.find(question, std::chrono::steady_clock::now());
  }

 private:
  resolver::DnsCache& cache_;
};

}  // namespace postern::service

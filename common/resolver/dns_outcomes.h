// How often DNS came to what, since the start: of all questions, or of what one server was asked.
// Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "common/dns/dns.h"

namespace postern::resolver {

class DnsOutcomes {
 public:
  // By DnsReason.
  using Counts = std::array<std::uint64_t, std::size(dns::kDnsReasons)>;

  void note(dns::DnsReason reason) {
    counts_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }

  [[nodiscard]] Counts counts() const {
    Counts counts{};
    for (std::size_t i = 0; i < counts.size(); ++i) {
      counts[i] = counts_[i].load(std::memory_order_relaxed);
    }
    return counts;
  }

 private:
  std::array<std::atomic<std::uint64_t>, std::size(dns::kDnsReasons)> counts_{};
};

}  // namespace postern::resolver

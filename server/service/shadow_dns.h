// Asks DNS for a shadow.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "common/resolver/dns_settings.h"
#include "rules/decision.h"

namespace postern::service {

// A shadow owns it; any thread may call any function.
class ShadowDns {
 public:
  ShadowDns() = default;
  ShadowDns(const ShadowDns&) = delete;
  ShadowDns& operator=(const ShadowDns&) = delete;
  virtual ~ShadowDns() = default;

  // As wait_for_verdict().
  virtual void settle(Decision& decision, std::chrono::steady_clock::time_point deadline) = 0;
  // What is asked, now or later, ends with a temporary failure.
  virtual void stop() = 0;
};

// Of the answers that it keeps.
inline constexpr std::size_t kShadowCacheBytes = std::size_t{8} << 20;

// With a cache, connections and a thread of its own: nothing that decides waits for what a
// candidate asks, or finds other answers because of it.
std::unique_ptr<ShadowDns> make_shadow_dns(resolver::DnsSettings settings);

}  // namespace postern::service

// The answers that DNS gave, kept for as long as they may be: record TTLs, negative answers by
// RFC 2308, failures by RFC 9520 with back-off. Bounded in bytes; SIEVE decides what goes.
//
// Owned by the daemon, shared by all its threads: every function may be called from any thread
// (shards, each with its own mutex, held for one look-up). Time is a parameter.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/keyed_hash.h"
#include "common/dns/dns.h"
#include "common/resolver/dns_settings.h"

namespace postern::resolver {

class DnsCache {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit DnsCache(const DnsCacheSettings& settings);
  ~DnsCache();
  DnsCache(const DnsCache&) = delete;
  DnsCache& operator=(const DnsCache&) = delete;

  // The answer kept for `question`, unless its time is over. A kept NXDOMAIN answers its own type
  // alone (dns_slots.h). `age` of the fact counts from when it was stored. Allocates nothing.
  // `repeated`: a second look for the same asker, not counted as a miss once more.
  enum class Lookup { first, repeated };
  [[nodiscard]] std::optional<dns::DnsFact> find(const dns::DnsQuestion& question, TimePoint now,
                                                 Lookup lookup = Lookup::first);

  // Keeps `answer` for its clamped TTL; zero means not at all. A temporary failure is kept for
  // `failure_ttl`, doubled for each failure of the same question in a row, at most
  // `max_failure_ttl`; it never replaces a found or absent answer that may still be kept. Failures
  // are in a row when the next one comes within `max_failure_ttl` of the end of the last.
  void store(const dns::DnsQuestion& question, std::shared_ptr<const dns::DnsAnswer> answer,
             TimePoint now);

  // Forgets one name, all types, and its failures. Returns how many kept answers went.
  std::size_t forget(const dns::DnsName& name);

  // Forgets the failures of all names that were stored until `now`, and that they were in a row:
  // who is asked from now on may do better. Takes no longer for many than for few.
  void forget_failures(TimePoint now);

  // What is kept for one name, by the type that was asked for: to be shown, so neither a hit nor a
  // miss.
  struct Kept {
    dns::DnsType type;
    dns::DnsFact fact;
    std::chrono::seconds left;  // for which it is still kept, which is not what is left of the TTL
  };
  [[nodiscard]] std::vector<Kept> kept(const dns::DnsName& name, TimePoint now) const;

  // The times hold for what is stored from now on, the bound at once: what is too much for it has
  // gone when this returns. Look-ups do not wait for all of that. Without a change it does nothing.
  void reconfigure(const DnsCacheSettings& settings);

  struct Statistics {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t evictions = 0;  // names
    std::size_t entries = 0;      // names
    std::size_t bytes = 0;        // estimated, with what the allocator adds
  };
  [[nodiscard]] Statistics statistics() const;

 private:
  class Shard;
  static constexpr std::size_t kShards = 16;
  [[nodiscard]] Shard& shard_of(std::uint64_t hash) const;

  const KeyedHash hash_;  // of names, in all shards
  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

}  // namespace postern::resolver

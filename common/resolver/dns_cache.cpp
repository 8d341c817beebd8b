#include "common/resolver/dns_cache.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/os/random_bytes.h"
#include "common/resolver/dns_slots.h"
#include "common/resolver/sieve_map.h"

namespace postern::resolver {
namespace {

using std::chrono::seconds;
using TimePoint = DnsCache::TimePoint;

using Entries = SieveMap<DnsSlots>;
using HashedName = Entries::HashedName;
static_assert(dns::DnsName::kMaxText <= Entries::Entry::kMaxName);

// So many names are evicted while the lock is held once. The largest answer is no more than a
// hundred of the smallest.
constexpr std::size_t kEvictedAtOnce = 1000;

}  // namespace

class DnsCache::Shard {
 public:
  Shard(const DnsCacheSettings& settings, const KeyedHash& hash)
      : settings_(settings), entries_(share_of(settings), hash) {}

  std::optional<dns::DnsFact> find(const HashedName& name, dns::DnsType type, TimePoint now,
                                   Lookup lookup);
  void store(const HashedName& name, dns::DnsType type,
             std::shared_ptr<const dns::DnsAnswer> answer, TimePoint now);
  std::size_t forget(const HashedName& name);
  void forget_failures(TimePoint now);
  std::vector<Kept> kept(const HashedName& name, TimePoint now);
  void reconfigure(const DnsCacheSettings& settings);
  void add_to(Statistics& sum) const;

 private:
  static std::size_t share_of(const DnsCacheSettings& settings) {
    return settings.max_bytes / kShards;
  }
  [[nodiscard]] DnsMoment moment(TimePoint now) const { return {now, forgotten_}; }

  mutable std::mutex mutex_;
  DnsCacheSettings settings_;
  Entries entries_;
  TimePoint forgotten_ = TimePoint::min();  // failures until then
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
  std::uint64_t evictions_ = 0;
};

std::optional<dns::DnsFact> DnsCache::Shard::find(const HashedName& name, dns::DnsType type,
                                                  TimePoint now, Lookup lookup) {
  const std::lock_guard lock(mutex_);
  Entries::Entry* const entry = entries_.find(name);
  const DnsSlot* const slot = entry == nullptr ? nullptr : entry->value().find(type, moment(now));
  if (slot == nullptr) {
    if (lookup == Lookup::first) ++misses_;
    return std::nullopt;
  }
  ++hits_;
  entry->visit();
  return slot->fact(now);
}

void DnsCache::Shard::store(const HashedName& name, dns::DnsType type,
                            std::shared_ptr<const dns::DnsAnswer> answer, TimePoint now) {
  const std::size_t size = heap_size(*answer);
  auto fresh = Entries::Entry::make(name.name);
  std::vector<Entries::EntryPtr> removed;  // freed after the lock
  {
    const std::lock_guard lock(mutex_);
    // One answer must not empty the shard. (A hundred records of the longest names are 30 kB.)
    if (size > entries_.max_bytes() / 4) return;
    Entries::Entry* entry = entries_.find(name);
    if (entry == nullptr) entry = entries_.insert(std::move(fresh));
    entries_.change(*entry, [&](DnsSlots& slots) {
      slots.note(type, std::move(answer), settings_, moment(now));
    });
    if (entry->value().empty()) {
      removed.push_back(entries_.remove(*entry));
      return;
    }
    removed = entries_.shrink(kEvictedAtOnce);
    evictions_ += removed.size();
  }
}

std::size_t DnsCache::Shard::forget(const HashedName& name) {
  Entries::EntryPtr removed;  // freed after the lock
  const std::lock_guard lock(mutex_);
  Entries::Entry* const entry = entries_.find(name);
  if (entry == nullptr) return 0;
  removed = entries_.remove(*entry);
  return removed->value().size();
}

void DnsCache::Shard::forget_failures(TimePoint now) {
  const std::lock_guard lock(mutex_);
  forgotten_ = std::max(forgotten_, now);
}

std::vector<DnsCache::Kept> DnsCache::Shard::kept(const HashedName& name, TimePoint now) {
  std::vector<Kept> kept;
  const std::lock_guard lock(mutex_);
  const Entries::Entry* const entry = entries_.find(name);
  if (entry == nullptr) return kept;
  entry->value().for_each([&](const DnsSlot& slot) {
    if (!slot.holds(moment(now))) return;
    const auto left = std::chrono::ceil<std::chrono::seconds>(slot.expires() - now);
    kept.push_back({slot.type(), slot.fact(now), left});
  });
  return kept;
}

void DnsCache::Shard::reconfigure(const DnsCacheSettings& settings) {
  {
    const std::lock_guard lock(mutex_);
    settings_ = settings;
    entries_.set_max_bytes(share_of(settings));
  }
  std::vector<Entries::EntryPtr> removed;
  do {
    removed.clear();  // without the lock
    const std::lock_guard lock(mutex_);
    removed = entries_.shrink(kEvictedAtOnce);
    evictions_ += removed.size();
  } while (!removed.empty());
}

void DnsCache::Shard::add_to(Statistics& sum) const {
  const std::lock_guard lock(mutex_);
  sum.hits += hits_;
  sum.misses += misses_;
  sum.evictions += evictions_;
  sum.entries += entries_.size();
  sum.bytes += entries_.bytes();
}

DnsCache::DnsCache(const DnsCacheSettings& settings) : hash_(os::random_secret()) {
  for (auto& shard : shards_) shard = std::make_unique<Shard>(settings, hash_);
}

DnsCache::~DnsCache() = default;

std::optional<dns::DnsFact> DnsCache::find(const dns::DnsQuestion& question, TimePoint now,
                                           Lookup lookup) {
  const std::uint64_t hash = hash_(question.name.text());
  return shard_of(hash).find({question.name.text(), hash}, question.type, now, lookup);
}

void DnsCache::store(const dns::DnsQuestion& question, std::shared_ptr<const dns::DnsAnswer> answer,
                     TimePoint now) {
  const std::uint64_t hash = hash_(question.name.text());
  shard_of(hash).store({question.name.text(), hash}, question.type, std::move(answer), now);
}

std::size_t DnsCache::forget(const dns::DnsName& name) {
  const std::uint64_t hash = hash_(name.text());
  return shard_of(hash).forget({name.text(), hash});
}

void DnsCache::forget_failures(TimePoint now) {
  for (const auto& shard : shards_) shard->forget_failures(now);
}

std::vector<DnsCache::Kept> DnsCache::kept(const dns::DnsName& name, TimePoint now) const {
  const std::uint64_t hash = hash_(name.text());
  return shard_of(hash).kept({name.text(), hash}, now);
}

void DnsCache::reconfigure(const DnsCacheSettings& settings) {
  for (const auto& shard : shards_) shard->reconfigure(settings);
}

DnsCache::Statistics DnsCache::statistics() const {
  Statistics sum;
  for (const auto& shard : shards_) shard->add_to(sum);
  return sum;
}

// The table of a shard takes the highest bits, and the lowest eight: names that have these of the
// shard in common would all collide in it.
DnsCache::Shard& DnsCache::shard_of(std::uint64_t hash) const {
  constexpr unsigned kBitsOfTable = 8;
  return *shards_[(hash >> kBitsOfTable) % kShards];
}

}  // namespace postern::resolver

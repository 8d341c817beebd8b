#include "common/io/dns_cache.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "common/io/random_bytes.h"
#include "common/io/sieve_map.h"

namespace postern {
namespace {

using std::chrono::seconds;
using TimePoint = DnsCache::TimePoint;

// What one question (or, after an NXDOMAIN, the whole name) is known to be.
struct Slot {
  DnsType type = DnsType::a;
  bool whole_name = false;
  std::shared_ptr<const DnsAnswer> answer;  // null: only the streak of failures is remembered
  TimePoint stored;
  TimePoint expires;
  int failures = 0;  // in a row
};

using Slots = std::vector<Slot>;
using Entries = SieveMap<Slots>;

// So many names are evicted while the lock is held once. The largest answer is no more than a
// hundred of the smallest.
constexpr std::size_t kEvictedAtOnce = 1000;

constexpr std::size_t kAllocation = 16;    // what malloc adds to a block
constexpr std::size_t kControlBlock = 16;  // of a shared_ptr
constexpr std::size_t kTableSlot = 32;     // key and pointer in a flat map at its usual load

std::size_t string_bytes(const std::string& text) {
  constexpr std::size_t kInPlace = 15;
  return text.capacity() > kInPlace ? text.capacity() + 1 + kAllocation : 0;
}

std::size_t answer_bytes(const DnsAnswer& answer) {
  std::size_t bytes = sizeof(DnsAnswer) + kControlBlock + kAllocation;
  bytes += answer.mx.capacity() * sizeof(MxRecord) + kAllocation;
  for (const MxRecord& record : answer.mx) bytes += string_bytes(record.exchange);
  bytes += answer.addresses.capacity() * sizeof(IpAddress) + kAllocation;
  bytes += answer.names.capacity() * sizeof(std::string) + kAllocation;
  for (const std::string& name : answer.names) bytes += string_bytes(name);
  return bytes + string_bytes(answer.server);
}

std::size_t entry_bytes(const Entries::Entry& entry) {
  std::size_t bytes = sizeof(Entries::Entry) + 2 * kAllocation + kTableSlot;
  bytes += string_bytes(entry.name) + entry.value.capacity() * sizeof(Slot);
  for (const Slot& slot : entry.value) {
    if (slot.answer) bytes += answer_bytes(*slot.answer);
  }
  return bytes;
}

bool is_failure(const DnsAnswer& answer) {
  return answer.status == DnsStatus::temporary_failure;
}

// What time it is, and which failures are forgotten: those that were stored until then. They are
// found out when they are looked at, so that nobody has to wait for a walk over all names.
struct Moment {
  TimePoint now;
  TimePoint forgotten;
};

bool is_forgotten(const Slot& slot, Moment at) {
  return slot.failures > 0 && slot.stored <= at.forgotten;
}

bool holds(const Slot& slot, Moment at) {
  return slot.answer && at.now < slot.expires && !is_forgotten(slot, at);
}

Slot* slot_of(Slots& slots, DnsType type) {
  const auto found = std::find_if(slots.begin(), slots.end(), [type](const Slot& slot) {
    return !slot.whole_name && slot.type == type;
  });
  return found == slots.end() ? nullptr : &*found;
}

Slot& slot_for(Slots& slots, DnsType type) {
  if (Slot* const found = slot_of(slots, type)) return *found;
  slots.emplace_back();
  slots.back().type = type;
  return slots.back();
}

const Slot* answering_slot(const Slots& slots, DnsType type, Moment at) {
  const auto found = std::find_if(slots.begin(), slots.end(), [=](const Slot& slot) {
    return (slot.whole_name || slot.type == type) && holds(slot, at);
  });
  return found == slots.end() ? nullptr : &*found;
}

seconds kept_for(const DnsAnswer& answer, const DnsCacheSettings& settings) {
  const bool negative = answer.status == DnsStatus::absent;
  const seconds most = negative ? settings.max_negative_ttl : settings.max_ttl;
  return std::min(std::max(answer.ttl, settings.min_ttl), most);
}

seconds failure_kept_for(int failures, const DnsCacheSettings& settings) {
  seconds kept = settings.failure_ttl;
  for (int earlier = 1; earlier < failures && kept < settings.max_failure_ttl; ++earlier) kept *= 2;
  return std::min(kept, settings.max_failure_ttl);
}

DnsFact fact_of(const Slot& slot, TimePoint now) {
  DnsFact fact;
  fact.answer = slot.answer;
  fact.age = std::chrono::floor<seconds>(now - slot.stored);
  fact.source = DnsFact::Source::cache;
  return fact;
}

// What the name was known to be and no longer is, and streaks that are over.
void drop_outdated(Slots& slots, const DnsCacheSettings& settings, Moment at) {
  std::erase_if(slots, [&](const Slot& slot) {
    const seconds streak = slot.failures > 0 ? settings.max_failure_ttl : seconds{0};
    return at.now >= slot.expires + streak || is_forgotten(slot, at);
  });
}

void note_failure(Slots& slots, DnsType type, std::shared_ptr<const DnsAnswer> answer,
                  const DnsCacheSettings& settings, Moment at) {
  const Slot* const known = answering_slot(slots, type, at);
  if (known != nullptr && !is_failure(*known->answer)) return;
  Slot& slot = slot_for(slots, type);
  ++slot.failures;
  slot.answer = std::move(answer);
  slot.stored = at.now;
  slot.expires = at.now + failure_kept_for(slot.failures, settings);
}

void note_answer(Slots& slots, DnsType type, std::shared_ptr<const DnsAnswer> answer,
                 const DnsCacheSettings& settings, Moment at) {
  const bool no_such_name = answer->reason == DnsReason::nxdomain;
  // An NXDOMAIN outdates all that was known of the name; any other answer outdates an NXDOMAIN.
  std::erase_if(slots, [=](const Slot& slot) {
    return no_such_name || slot.whole_name || slot.type == type;
  });
  const seconds kept = kept_for(*answer, settings);
  if (kept <= seconds{0}) return;
  Slot slot;
  slot.type = type;
  slot.whole_name = no_such_name;
  slot.answer = std::move(answer);
  slot.stored = at.now;
  slot.expires = at.now + kept;
  slots.push_back(std::move(slot));
}

}  // namespace

class DnsCache::Shard {
 public:
  explicit Shard(const DnsCacheSettings& settings)
      : settings_(settings), entries_(share_of(settings), KeyedHash(random_secret())) {}

  std::optional<DnsFact> find(const DnsQuestion& question, TimePoint now, Lookup lookup);
  void store(const DnsQuestion& question, std::shared_ptr<const DnsAnswer> answer, TimePoint now);
  std::size_t forget(const DomainName& name);
  void forget_failures(TimePoint now);
  std::vector<std::pair<DnsType, DnsFact>> kept(const DomainName& name, TimePoint now);
  void reconfigure(const DnsCacheSettings& settings);
  void add_to(Statistics& sum) const;

 private:
  static std::size_t share_of(const DnsCacheSettings& settings) {
    return settings.max_bytes / kShards;
  }
  [[nodiscard]] Moment moment(TimePoint now) const { return {now, forgotten_}; }

  mutable std::mutex mutex_;
  DnsCacheSettings settings_;
  Entries entries_;
  TimePoint forgotten_ = TimePoint::min();  // failures until then
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
  std::uint64_t evictions_ = 0;
};

std::optional<DnsFact> DnsCache::Shard::find(const DnsQuestion& question, TimePoint now,
                                             Lookup lookup) {
  const std::lock_guard lock(mutex_);
  Entries::Entry* const entry = entries_.find(question.name.text());
  const Slot* const slot =
      entry == nullptr ? nullptr : answering_slot(entry->value, question.type, moment(now));
  if (slot == nullptr) {
    if (lookup == Lookup::first) ++misses_;
    return std::nullopt;
  }
  ++hits_;
  entry->visited = true;
  return fact_of(*slot, now);
}

void DnsCache::Shard::store(const DnsQuestion& question, std::shared_ptr<const DnsAnswer> answer,
                            TimePoint now) {
  const std::size_t size = answer_bytes(*answer);
  auto fresh = std::make_unique<Entries::Entry>(question.name.text());
  std::vector<Entries::EntryPtr> removed;  // freed after the lock
  {
    const std::lock_guard lock(mutex_);
    // One answer must not empty the shard. (A hundred records of the longest names are 30 kB.)
    if (size > entries_.max_bytes() / 4) return;
    Entries::Entry* entry = entries_.find(question.name.text());
    if (entry == nullptr) entry = entries_.insert(std::move(fresh));
    Slots& slots = entry->value;
    drop_outdated(slots, settings_, moment(now));
    const auto note = is_failure(*answer) ? note_failure : note_answer;
    note(slots, question.type, std::move(answer), settings_, moment(now));
    entries_.set_bytes(*entry, entry_bytes(*entry));
    if (slots.empty()) {
      removed.push_back(entries_.remove(*entry));
      return;
    }
    removed = entries_.shrink(kEvictedAtOnce);
    evictions_ += removed.size();
  }
}

std::size_t DnsCache::Shard::forget(const DomainName& name) {
  Entries::EntryPtr removed;  // freed after the lock
  const std::lock_guard lock(mutex_);
  Entries::Entry* const entry = entries_.find(name.text());
  if (entry == nullptr) return 0;
  removed = entries_.remove(*entry);
  return removed->value.size();
}

void DnsCache::Shard::forget_failures(TimePoint now) {
  const std::lock_guard lock(mutex_);
  forgotten_ = std::max(forgotten_, now);
}

std::vector<std::pair<DnsType, DnsFact>> DnsCache::Shard::kept(const DomainName& name,
                                                               TimePoint now) {
  std::vector<std::pair<DnsType, DnsFact>> kept;
  const std::lock_guard lock(mutex_);
  const Entries::Entry* const entry = entries_.find(name.text());
  if (entry == nullptr) return kept;
  for (const Slot& slot : entry->value) {
    if (holds(slot, moment(now))) kept.emplace_back(slot.type, fact_of(slot, now));
  }
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

DnsCache::DnsCache(const DnsCacheSettings& settings) : hash_(random_secret()) {
  for (auto& shard : shards_) shard = std::make_unique<Shard>(settings);
}

DnsCache::~DnsCache() = default;

std::optional<DnsFact> DnsCache::find(const DnsQuestion& question, TimePoint now, Lookup lookup) {
  return shard_of(question.name).find(question, now, lookup);
}

void DnsCache::store(const DnsQuestion& question, std::shared_ptr<const DnsAnswer> answer,
                     TimePoint now) {
  shard_of(question.name).store(question, std::move(answer), now);
}

std::size_t DnsCache::forget(const DomainName& name) {
  return shard_of(name).forget(name);
}

void DnsCache::forget_failures(TimePoint now) {
  for (const auto& shard : shards_) shard->forget_failures(now);
}

std::vector<std::pair<DnsType, DnsFact>> DnsCache::kept(const DomainName& name,
                                                        TimePoint now) const {
  return shard_of(name).kept(name, now);
}

void DnsCache::reconfigure(const DnsCacheSettings& settings) {
  for (const auto& shard : shards_) shard->reconfigure(settings);
}

DnsCache::Statistics DnsCache::statistics() const {
  Statistics sum;
  for (const auto& shard : shards_) shard->add_to(sum);
  return sum;
}

DnsCache::Shard& DnsCache::shard_of(const DomainName& name) const {
  return *shards_[hash_(name.text()) % kShards];
}

}  // namespace postern

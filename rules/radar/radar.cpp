#include "rules/radar/radar.h"

#include <algorithm>
#include <utility>

#include "common/base/ip_network.h"
#include "rules/radar/client_class.h"
#include "rules/radar/peculiar_words.h"
#include "rules/radar/pool_keys.h"

namespace postern::radar {
namespace {

// How crowded networks are is counted again: often at first, when that grows fast.
constexpr std::chrono::minutes kFirstCounts{1};
constexpr std::chrono::minutes kCounts{10};
constexpr int kCountsWhileYoung = 6;
constexpr std::chrono::hours kAgeEvery{1};  // of one pool
constexpr std::size_t kSample = 6;
constexpr std::size_t kMaxLocalPart = 64;  // RFC 5321 4.5.3.1.1

std::string_view bytes_of(const IpAddress::Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <std::size_t... index>
std::array<LruTable<Pool>, kPoolKinds> tables_of(std::size_t size,
                                                 std::index_sequence<index...> /*kinds*/) {
  return {((void)index, LruTable<Pool>(size))...};
}

// What stands in a list for the pool.
std::string entry_of(PoolKind kind, const Pool& pool) {
  switch (kind) {
    case PoolKind::network:
      return pool.key;
    case PoolKind::label:
      return pool.key + ".*";
    case PoolKind::local_part:
      return pool.key + "@";
    case PoolKind::helo:
      return "helo:" + pool.key;
    case PoolKind::domain:
      return pool.is_aligned ? pool.key : std::string();
  }
  return {};
}

}  // namespace

// What the pools of one event have in common.
struct Radar::Facts {
  std::string_view domain;  // registrable
  std::uint64_t domain_key = 0;
  bool is_fresh = false;
  std::string_view name_domain;  // of the client
  ClientClass from = ClientClass::none;
  std::uint64_t client_key = 0;
  std::uint64_t recipient_key = 0;   // if it is fresh
  IpAddress::Bytes small_network{};  // /24, /64
  std::uint64_t small_network_key = 0;
  std::uint64_t large_network_key = 0;  // /16, /48
};

void DomainRecord::join(const DomainRecord& other) {
  name = std::max(name, other.name);
  first = std::min(first, other.first);
  last = std::max(last, other.last);
  known_until = std::max(known_until, other.known_until);
}

Radar::Radar(Site site, const KeyedHash::Secret& secret, std::uint64_t host, Limits limits)
    : suffixes_(std::move(site.suffixes)),
      hash_(secret),
      host_(host),
      domains_(limits.domains),
      tables_(tables_of(limits.pools, std::make_index_sequence<kPoolKinds>())) {
  for (const std::string& domain : site.well_known) well_known_.insert(hash_(domain));
  for (const std::string& domain : site.own) own_.insert(hash_(domain));
}

SiteAge Radar::age() const {
  return {now_, since_ > now_ ? std::chrono::seconds{0} : now_ - since_};
}

void Radar::advance(UtcTime time) {
  since_ = std::min(since_, time);
  now_ = std::max(now_, time);
  if (now_ < next_count_) return;
  next_count_ = now_ + std::clamp<std::chrono::seconds>(age().observed / kCountsWhileYoung,
                                                        kFirstCounts, kCounts);
  count_crowding();
}

void Radar::count_crowding() {
  Crowding crowding;
  table(PoolKind::network).for_each([&](std::uint64_t /*key*/, const Pool& pool, bool /*once*/) {
    if (!pool.told) crowding.add(pool, now_);
  });
  crowding.finish(age().observed);
  crowding_ = crowding;
}

bool Radar::is_known(std::string_view domain, std::string_view registrable) const {
  return well_known_.contains(hash_(registrable)) ||
         (domain != registrable && well_known_.contains(hash_(domain)));
}

Radar::Facts Radar::facts_of(const Event& event) {
  Facts facts;
  facts.domain = suffixes_.registrable(event.sender_domain);
  facts.domain_key = hash_(facts.domain);
  if (!is_known(event.sender_domain, facts.domain)) {
    const auto [record, is_new] = domains_.use(facts.domain_key);
    if (is_new) record.name = facts.domain;
    record.first = std::min(record.first, event.time);
    record.last = std::max(record.last, event.time);
    facts.is_fresh = event.time < record.first + kFresh && event.time >= record.known_until;
  }
  if (!event.client_name.empty()) facts.name_domain = suffixes_.registrable(event.client_name);
  facts.from = class_of_client(event.client_name, facts.name_domain, event.client, facts.domain);
  facts.client_key = hash_(bytes_of(event.client.bytes()));
  facts.small_network = network_of(event.client).bytes();
  facts.small_network_key = hash_(bytes_of(facts.small_network));
  facts.large_network_key = hash_(bytes_of(network_of(event.client, {.v4 = 16, .v6 = 48}).bytes()));
  if (facts.is_fresh) facts.recipient_key = hash_(event.recipient);
  return facts;
}

std::vector<Proposal> Radar::add(const Event& event, Mode mode) {
  std::vector<Proposal> proposals;
  if (event.sender_domain.empty()) return proposals;
  if (own_.contains(hash_(event.sender_domain))) return proposals;
  advance(event.time);
  const Facts facts = facts_of(event);
  const auto look = [&](PoolKind kind, std::string_view key) {
    if (kind != PoolKind::network && !is_plain_word(key)) return;
    Pool& pool = note(kind, key, event, facts);
    if (facts.is_fresh && event.outcome != Outcome::stopped) {
      consider(kind, pool, event, mode, proposals);
    }
  };
  look(PoolKind::network, bytes_of(facts.small_network));
  look(PoolKind::label, peculiar_label(event.sender_domain, facts.domain));
  look(PoolKind::local_part, peculiar_local_part(event.sender_local, event.recipient));
  // The HELO of most hosts is their name: a pool for each of them would be for nothing.
  if (event.helo != event.client_name || table(PoolKind::helo).find(hash_(event.helo)) != nullptr) {
    look(PoolKind::helo, peculiar_helo(event.helo));
  }
  if (facts.is_fresh) look(PoolKind::domain, facts.domain);
  return proposals;
}

Pool& Radar::note(PoolKind kind, std::string_view key, const Event& event, const Facts& facts) {
  const auto [pool, is_new] = table(kind).use(hash_(key));
  if (is_new) pool.key = kind == PoolKind::network ? network_text(event.client) : key;
  if (pool.aged + kAgeEvery <= now_) {
    pool.age(now_ - kWindow, now_ - kMemory);
    pool.aged = now_;
  }
  pool.first = std::min(pool.first, event.time);
  pool.last = std::max(pool.last, event.time);
  HostCounts& counts = pool.counts_of(host_);
  if (event.was_accepted && counts.accepted > counts.taken_back) {
    counts.take_back(event.outcome);
  } else {  // or the pool had to make room since
    counts.add(event.outcome, facts.from);
  }
  note_client(kind, pool, event, facts);
  note_domain(pool, event, facts);
  return pool;
}

void Radar::note_client(PoolKind kind, Pool& pool, const Event& event, const Facts& facts) const {
  switch (kind) {
    case PoolKind::network:
      pool.sources.add({facts.client_key, event.time});
      // A host named after its sender does not tell whose network it is.
      if (facts.from == ClientClass::provider || facts.from == ClientClass::generic) {
        pool.names.add({hash_(facts.name_domain), event.time});
      }
      return;
    case PoolKind::domain:
      pool.is_aligned |=
          is_below(event.client_name, facts.domain) || is_below(event.helo, facts.domain);
      pool.sources.add({facts.small_network_key, event.time});
      return;
    case PoolKind::helo:
      pool.is_aligned |= event.helo == event.client_name;
      [[fallthrough]];
    case PoolKind::label:
    case PoolKind::local_part:
      pool.sources.add({facts.large_network_key, event.time});
  }
}

void Radar::note_domain(Pool& pool, const Event& event, const Facts& facts) const {
  const Sighting* known = pool.sightings.find(facts.domain_key);
  if (!facts.is_fresh) {
    if (known == nullptr) pool.history.add({facts.domain_key, event.time});
    return;
  }
  pool.recipients.add({facts.recipient_key, event.time});
  pool.add_local_part(event.sender_local.substr(0, kMaxLocalPart));
  pool.sightings.add({.key = facts.domain_key,
                      .time = known == nullptr ? event.time : known->time,
                      .classes = static_cast<std::uint8_t>(1U << static_cast<unsigned>(facts.from)),
                      .was_refused = event.outcome == Outcome::refused});
}

void Radar::consider(PoolKind kind, Pool& pool, const Event& event, Mode mode,
                     std::vector<Proposal>& proposals) {
  if (!is_enough(kind, pool, crowding_, age())) return;
  if (mode == Mode::learn) {
    // Nothing stands after it: it is back at once when it goes on.
    if (is_refused_elsewhere(pool)) pool.told = std::max(pool.told, {event.time});
    return;
  }
  Proposal proposal = describe(kind, pool);
  proposal.is_back = pool.told.has_value();
  proposal.time = event.time;
  if (proposal.entries.empty()) proposal.entries.push_back(event.client.to_string());
  pool.told = event.time;
  pool.stands_until = event.time + kStands;
  proposals.push_back(std::move(proposal));
}

Proposal Radar::describe(PoolKind kind, const Pool& pool) const {
  Proposal proposal;
  proposal.kind = kind;
  proposal.key = pool.key;
  if (std::string entry = entry_of(kind, pool); !entry.empty()) {
    proposal.entries.push_back(std::move(entry));
  }
  proposal.strength = strength_of(pool, age());
  proposal.is_back = false;
  proposal.time = pool.told.value_or(pool.last);
  proposal.since = pool.first;
  proposal.fresh = pool.sightings.size();
  for (const Sighting& one : pool.sightings.all()) {
    if (proposal.domains.size() == kSample) break;
    if (const DomainRecord* record = domains_.find(one.key))
      proposal.domains.push_back(record->name);
  }
  std::sort(proposal.domains.begin(), proposal.domains.end());
  proposal.local_parts = pool.local_parts;
  proposal.known_domains = pool.history.size();
  proposal.recipients = pool.recipients.size();
  proposal.mail = pool.total();
  return proposal;
}

std::uint64_t Radar::pool_key_of(PoolKind kind, std::string_view key) const {
  if (kind != PoolKind::network) return hash_(key);
  const auto network = IpNetwork::parse(key);
  return network ? hash_(bytes_of(network->first().bytes())) : hash_(key);
}

std::optional<Proposal> Radar::describe(PoolKind kind, std::string_view key) const {
  const Pool* pool = table(kind).find(pool_key_of(kind, key));
  return pool == nullptr ? std::nullopt : std::optional(describe(kind, *pool));
}

void Radar::add_written_to(std::string_view domain, UtcTime time) {
  const std::string_view registrable = suffixes_.registrable(domain);
  if (is_known(domain, registrable)) return;
  const auto [record, is_new] = domains_.use(hash_(registrable));
  if (is_new) record.name = registrable;
  record.known_until = std::max(record.known_until, time + kMemory);
}

void Radar::dismiss(PoolKind kind, std::string_view key, UtcTime time) {
  const auto [pool, is_new] = table(kind).use(pool_key_of(kind, key));
  if (is_new) pool.key = key;
  for (const Sighting& one : pool.sightings.all()) pool.history.add({one.key, one.time});
  pool.dismissed_until = std::max(pool.dismissed_until, time + kMemory);
}

}  // namespace postern::radar

#include "rules/radar/judgement.h"

#include <algorithm>
#include <cstddef>

namespace postern::radar {
namespace {

using std::chrono::hours;

constexpr hours kDay{24};
constexpr hours kStrongAfter{7 * 24};

// label and local_part: domains and different /16 that are wanted at a site with a history.
constexpr hours kPeculiarAfter{14 * 24};
constexpr std::size_t kSources = 2;
constexpr std::size_t kEarlyTimes = 2;  // before that twice as many of both
constexpr std::size_t kLabelDomains = 3;
constexpr std::size_t kLocalPartDomains = 4;

constexpr std::size_t kHeloSources = 6;

constexpr hours kDomainAfter{3 * 24};
constexpr std::size_t kDomainNetworks = 2;
constexpr std::size_t kDomainRecipients = 20;
constexpr hours kDomainSpan{1};

constexpr std::ptrdiff_t kBackDomains = 2;

constexpr std::size_t kManyNames = 3;  // domains of host names: this is no provider

bool is_share(const Pool& pool, std::uint64_t one_in) {
  const HostCounts mail = pool.total();
  return mail.refused > 0 && mail.refused * one_in >= mail.mail() - mail.stopped;
}

bool is_provider(const Pool& pool) {
  return pool.names.size() < kManyNames;
}

// What a fresh domain of a network weighs. In a network that looks like one provider's, its
// customers weigh nothing, and neither do clients whose name was not found for a moment.
class Weights {
 public:
  explicit Weights(const Pool& pool) : is_provider_(is_provider(pool)) {
    const HostCounts mail = pool.total();
    is_mostly_provided_ = mail.provided > 0 && mail.provided * 2 >= mail.mail();
  }
  [[nodiscard]] std::size_t of(const Sighting& one) const {
    const bool counts = !is_provider_ || one.is_from(ClientClass::own) ||
                        one.is_from(ClientClass::generic) ||
                        (one.is_from(ClientClass::none) && !is_mostly_provided_);
    if (!counts) return 0;
    return one.was_refused ? 2 : 1;
  }

 private:
  bool is_provider_;
  bool is_mostly_provided_;
};

bool is_network_enough(const Pool& pool, const Crowding& crowding, UtcTime now) {
  const Weights weights(pool);
  for (std::size_t step = 0; step < kSteps.size(); ++step) {
    std::size_t domains = 0;
    std::size_t score = 0;
    for (const Sighting& one : pool.sightings.all()) {
      const std::size_t weight = weights.of(one);
      if (one.time < now - kSteps[step].span || weight == 0) continue;
      ++domains;
      score += weight;
    }
    if (domains >= kSteps.front().domains && score >= crowding.wanted(step) + pool.history.size()) {
      return true;
    }
  }
  return false;
}

bool is_peculiar(const Pool& pool, UtcTime now) {
  return pool.history.empty() && pool.first > now - kFresh;
}

bool is_word_enough(const Pool& pool, std::size_t domains, const SiteAge& age) {
  const bool early = age.observed < kPeculiarAfter && !is_refused_elsewhere(pool);
  const std::size_t times = early ? kEarlyTimes : 1;
  return is_peculiar(pool, age.now) && pool.sightings.size() >= domains * times &&
         pool.sources.size() >= kSources * times;
}

bool is_helo_enough(const Pool& pool, UtcTime now) {
  return is_peculiar(pool, now) && !pool.is_aligned &&
         pool.sources.count_since(now - kDay) >= kHeloSources;
}

bool is_domain_enough(const Pool& pool, const SiteAge& age) {
  constexpr std::uint64_t kRefusedOneIn = 5;
  return pool.first > age.now - kFresh && pool.sources.size() <= kDomainNetworks &&
         pool.recipients.count_since(age.now - kDomainSpan) >= kDomainRecipients &&
         (age.observed >= kDomainAfter || is_share(pool, kRefusedOneIn));
}

bool is_back(PoolKind kind, const Pool& pool, UtcTime now) {
  const Weights weights(pool);
  const auto counts = [&](const Sighting& one) {
    return one.time >= now - kDay && (kind != PoolKind::network || weights.of(one) > 0);
  };
  const auto& all = pool.sightings.all();
  return std::count_if(all.begin(), all.end(), counts) >= kBackDomains;
}

}  // namespace

bool is_enough(PoolKind kind, const Pool& pool, const Crowding& crowding, const SiteAge& age) {
  if (pool.stands_until > age.now || pool.dismissed_until > age.now) return false;
  if (pool.told && kind != PoolKind::domain) return is_back(kind, pool, age.now);
  switch (kind) {
    case PoolKind::network:
      return is_network_enough(pool, crowding, age.now);
    case PoolKind::label:
      return is_word_enough(pool, kLabelDomains, age);
    case PoolKind::local_part:
      return is_word_enough(pool, kLocalPartDomains, age);
    case PoolKind::helo:
      return is_helo_enough(pool, age.now);
    case PoolKind::domain:
      return is_domain_enough(pool, age);
  }
  return false;
}

bool is_refused_elsewhere(const Pool& pool) {
  constexpr std::uint64_t kRefusedOneIn = 4;
  return is_share(pool, kRefusedOneIn);
}

Strength strength_of(const Pool& pool, const SiteAge& age) {
  return age.observed >= kStrongAfter || is_refused_elsewhere(pool) ? Strength::strong
                                                                    : Strength::weak;
}

}  // namespace postern::radar

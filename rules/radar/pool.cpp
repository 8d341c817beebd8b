#include "rules/radar/pool.h"

#include <algorithm>

namespace postern::radar {

namespace {

std::uint64_t& count_of(HostCounts& counts, Outcome outcome) {
  switch (outcome) {
    case Outcome::accepted:
      break;
    case Outcome::deferred:
      return counts.deferred;
    case Outcome::refused:
      return counts.refused;
    case Outcome::stopped:
      return counts.stopped;
  }
  return counts.accepted;
}

}  // namespace

void HostCounts::add(Outcome outcome, ClientClass from) {
  ++count_of(*this, outcome);
  if (from == ClientClass::none) ++nameless;
  if (from == ClientClass::provider) ++provided;
}

void HostCounts::take_back(Outcome outcome) {
  ++count_of(*this, outcome);
  ++taken_back;
}

void HostCounts::join(const HostCounts& other) {
  accepted = std::max(accepted, other.accepted);
  deferred = std::max(deferred, other.deferred);
  refused = std::max(refused, other.refused);
  stopped = std::max(stopped, other.stopped);
  nameless = std::max(nameless, other.nameless);
  provided = std::max(provided, other.provided);
  taken_back = std::max(taken_back, other.taken_back);
}

HostCounts& Pool::counts_of(std::uint64_t host) {
  for (HostCounts& one : counts) {
    if (one.host == host) return one;
  }
  return counts.emplace_back(HostCounts{.host = host});
}

HostCounts Pool::total() const {
  HostCounts sum;
  for (const HostCounts& one : counts) {
    sum.accepted += one.accepted - std::min(one.accepted, one.taken_back);
    sum.deferred += one.deferred;
    sum.refused += one.refused;
    sum.stopped += one.stopped;
    sum.nameless += one.nameless;
    sum.provided += one.provided;
  }
  return sum;
}

void Pool::add_local_part(std::string_view local_part) {
  if (local_parts.size() == kMaxLocalParts && local_part >= local_parts.back()) return;
  const auto place = std::lower_bound(local_parts.begin(), local_parts.end(), local_part);
  if (place != local_parts.end() && *place == local_part) return;
  local_parts.insert(place, std::string(local_part));
  if (local_parts.size() > kMaxLocalParts) local_parts.pop_back();
}

void Pool::age(UtcTime window, UtcTime memory) {
  if (!told) {
    for (const Sighting& one : sightings.all()) {
      if (one.time < window) history.add({.key = one.key, .time = one.time});
    }
  }
  sightings.remove_before(window);
  history.remove_before(memory);
}

void Pool::join(const Pool& other) {
  key = std::max(key, other.key);
  first = std::min(first, other.first);
  last = std::max(last, other.last);
  told = std::max(told, other.told);
  stands_until = std::max(stands_until, other.stands_until);
  dismissed_until = std::max(dismissed_until, other.dismissed_until);
  is_aligned = is_aligned || other.is_aligned;
  sightings.join(other.sightings);
  history.join(other.history);
  sources.join(other.sources);
  names.join(other.names);
  recipients.join(other.recipients);
  for (const std::string& one : other.local_parts) add_local_part(one);
  for (const HostCounts& one : other.counts) counts_of(one.host).join(one);
}

}  // namespace postern::radar

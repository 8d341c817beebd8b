// A pool: all mail that has one thing in common, a network of clients for example, and what of it
// the radar remembers. Everything in it is bounded. The union of what two hosts remember of a pool
// is the same in any order and any number of times. A value; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_date.h"
#include "rules/radar/client_class.h"
#include "rules/radar/event.h"
#include "rules/radar/recent_set.h"

namespace postern::radar {

enum class PoolKind : std::uint8_t {
  network,     // of clients: an IPv4 /24, an IPv6 /64
  label,       // the left-most label of the sender domain
  local_part,  // of the sender
  helo,
  domain,  // the registrable domain of the sender
};
inline constexpr std::size_t kPoolKinds = 5;

// A fresh domain that came through the pool: when first, from what clients, and whether something
// else refused it.
struct Sighting {
  std::uint64_t key = 0;
  UtcTime time{};
  std::uint8_t classes = 0;  // a bit for each ClientClass
  bool was_refused = false;

  [[nodiscard]] bool is_from(ClientClass one) const {
    return (classes & (1U << static_cast<unsigned>(one))) != 0;
  }
  void join(const Sighting& other) {
    time = std::max(time, other.time);
    classes = static_cast<std::uint8_t>(classes | other.classes);
    was_refused = was_refused || other.was_refused;
  }
};

// What one host has counted: the counts only grow.
struct HostCounts {
  std::uint64_t host = 0;
  std::uint64_t accepted = 0;
  std::uint64_t deferred = 0;
  std::uint64_t refused = 0;
  std::uint64_t stopped = 0;
  std::uint64_t nameless = 0;  // of clients without a name
  std::uint64_t provided = 0;  // of clients of class `provider`
  // Of the accepted, those that are counted a second time because something refused them later.
  std::uint64_t taken_back = 0;

  void add(Outcome outcome, ClientClass from);
  // Mail that was added as accepted.
  void take_back(Outcome outcome);
  void join(const HostCounts& other);
  [[nodiscard]] std::uint64_t mail() const { return accepted + deferred + refused + stopped; }
};

struct Pool {
  static constexpr std::size_t kMaxDomains = 64;
  static constexpr std::size_t kMaxSources = 16;
  static constexpr std::size_t kMaxNames = 8;
  static constexpr std::size_t kMaxRecipients = 32;
  static constexpr std::size_t kMaxLocalParts = 4;

  std::string key;  // as text
  UtcTime first = UtcTime::max();
  UtcTime last = UtcTime::min();
  // When it was last proposed, until when that stands, until when it is not to be proposed.
  std::optional<UtcTime> told;
  UtcTime stands_until{};
  UtcTime dismissed_until{};
  UtcTime aged{};           // when age() was last due; not kept
  bool is_aligned = false;  // some client's name or HELO lies below the domain, or is the HELO

  RecentSet<Sighting, kMaxDomains> sightings;
  RecentSet<Mark, kMaxDomains> history;  // domains that are not fresh here
  RecentSet<Mark, kMaxSources> sources;  // addresses of a network; of others /16, of a domain /24
  RecentSet<Mark, kMaxNames> names;      // registrable domains of the clients' names
  RecentSet<Mark, kMaxRecipients> recipients;
  std::vector<std::string> local_parts;  // of senders: the first ones of the alphabet
  std::vector<HostCounts> counts;

  HostCounts& counts_of(std::uint64_t host);
  // All mail once: nothing in it is taken back.
  [[nodiscard]] HostCounts total() const;
  void add_local_part(std::string_view local_part);
  // Moves sightings before `window` into the history, unless the pool was told, and drops what is
  // older than `memory`.
  void age(UtcTime window, UtcTime memory);
  void join(const Pool& other);
};

}  // namespace postern::radar

// The campaign radar: from decisions to proposals. A campaign is several newcomers that share one
// thing: fresh sender domains from one network, below one label, with one local part; what has a
// history is never proposed. docs/radar.md has the whole of it.
//
// Pure: no clock but the events', no I/O, no lock; memory is bounded by Limits; same events, same
// proposals. One thread.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/keyed_hash.h"
#include "common/base/public_suffixes.h"
#include "rules/radar/crowding.h"
#include "rules/radar/event.h"
#include "rules/radar/judgement.h"
#include "rules/radar/lru_table.h"
#include "rules/radar/pool.h"
#include "rules/radar/proposal.h"

namespace postern::radar {

// What is known of domains before any mail.
struct Site {
  PublicSuffixes suffixes;
  std::vector<std::string> well_known;  // popular, free mail, allowed: never fresh
  std::vector<std::string> own;         // as senders these say nothing
};

struct Limits {
  std::size_t pools = 50000;  // of each kind
  std::size_t domains = 500000;
};

// `learn`: of mail of the past, that is over: nothing is proposed, and all becomes history but for
// what other rules refused.
enum class Mode { watch, learn };

struct DomainRecord {
  std::string name;
  UtcTime first = UtcTime::max();
  UtcTime last = UtcTime::min();
  UtcTime known_until{};  // somebody here has written to it
  void join(const DomainRecord& other);
};

class Radar {
 public:
  static constexpr std::chrono::hours kStands{24 * 7};  // how long a proposal stands

  // `host`: whose counts are counted. Radars that are to be joined share `secret`.
  Radar(Site site, const KeyedHash::Secret& secret, std::uint64_t host, Limits limits = {});

  // Events may come a little out of order.
  std::vector<Proposal> add(const Event& event, Mode mode = Mode::watch);
  // Somebody here has written to `domain`: it is no newcomer for 90 days.
  void add_written_to(std::string_view domain, UtcTime time);
  // Nothing is proposed of the pool for 90 days from `time` on, and its domains are history.
  void dismiss(PoolKind kind, std::string_view key, UtcTime time);
  // What is known of a pool now, told or not.
  [[nodiscard]] std::optional<Proposal> describe(PoolKind kind, std::string_view key) const;

  // The union of what both know, in any order and any number of times the same. REQUIRES: the same
  // secret.
  void join(const Radar& other);

  // Everything but the site, as text, in an order of its own.
  [[nodiscard]] std::string save() const;
  // False: `text` is damaged, or of another version; the radar is to be thrown away.
  [[nodiscard]] bool load(std::string_view text);

  [[nodiscard]] SiteAge age() const;
  [[nodiscard]] std::size_t wanted_of_networks() const { return crowding_.wanted(0); }
  [[nodiscard]] std::size_t domains() const { return domains_.size(); }
  [[nodiscard]] std::size_t pools(PoolKind kind) const { return table(kind).size(); }

 private:
  struct Facts;

  Facts facts_of(const Event& event);
  [[nodiscard]] bool is_known(std::string_view domain, std::string_view registrable) const;
  void advance(UtcTime time);
  void count_crowding();
  Pool& note(PoolKind kind, std::string_view key, const Event& event, const Facts& facts);
  void note_client(PoolKind kind, Pool& pool, const Event& event, const Facts& facts) const;
  void note_domain(Pool& pool, const Event& event, const Facts& facts) const;
  void consider(PoolKind kind, Pool& pool, const Event& event, Mode mode,
                std::vector<Proposal>& proposals);
  [[nodiscard]] Proposal describe(PoolKind kind, const Pool& pool) const;
  [[nodiscard]] std::uint64_t pool_key_of(PoolKind kind, std::string_view key) const;
  LruTable<Pool>& table(PoolKind kind) { return tables_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] const LruTable<Pool>& table(PoolKind kind) const {
    return tables_[static_cast<std::size_t>(kind)];
  }

  PublicSuffixes suffixes_;
  KeyedHash hash_;
  std::uint64_t host_;
  boost::unordered_flat_set<std::uint64_t> well_known_;
  boost::unordered_flat_set<std::uint64_t> own_;
  UtcTime since_ = UtcTime::max();
  UtcTime now_ = UtcTime::min();
  UtcTime next_count_ = UtcTime::min();
  Crowding crowding_;
  LruTable<DomainRecord> domains_;
  std::array<LruTable<Pool>, kPoolKinds> tables_;
};

}  // namespace postern::radar

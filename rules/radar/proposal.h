// What the radar proposes: an entry for a list, and the evidence for it. A value. Its texts came
// from strangers: escape them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_date.h"
#include "rules/radar/pool.h"

namespace postern::radar {

enum class Strength {
  weak,    // a site without a week of history, and nothing else refuses such mail
  strong,  // worth an alarm
};

struct Proposal {
  PoolKind kind = PoolKind::network;
  std::string key;  // of the pool: 192.0.2.0/24, complains, ach_support, ...
  // As lists have it: 192.0.2.0/24, complains.*, ach_support@, ...; more than one when the clients
  // of a domain are to be stopped, not the domain. Empty: nothing can be offered.
  std::vector<std::string> entries;
  Strength strength = Strength::weak;
  bool is_back = false;              // it was proposed before
  UtcTime time;                      // of the event that was enough
  UtcTime since;                     // of the first mail
  std::size_t fresh = 0;             // domains
  std::vector<std::string> domains;  // a sample of them
  std::vector<std::string> local_parts;
  std::size_t known_domains = 0;  // that came from there as well
  std::size_t recipients = 0;     // Pool::kMaxRecipients: that or more
  HostCounts mail;
};

// `network`, `label`, `local_part`, `helo`, `domain`; and the kind of such a word.
std::string_view to_string(PoolKind kind);
std::optional<PoolKind> pool_kind_named(std::string_view word);
std::string_view to_string(Strength strength);

}  // namespace postern::radar

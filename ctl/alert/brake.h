// The brake: what a strong proposal would stop is answered with 451 for at most an hour, by entries
// like those of `posternctl block --defer`, until somebody blocks or dismisses it. Good mail is
// late then, and never lost. What was dismissed is no strong proposal any more.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_date.h"
#include "ctl/radar/strong_proposals.h"
#include "rules/snapshot.h"

namespace postern::ctl {

inline constexpr std::size_t kMaxBraked = 100;  // entries at once
// What was proposed longer ago is not braked any more: an entry that has gone does not come back.
inline constexpr std::chrono::minutes kBrakeSoon{5};

// The reason of its entries: `radar C7 brake`.
std::string brake_reason(const std::string& campaign);

// All pure.

// Whether the radar proposes such entries: a network or address, `label.*`, `local@`, a domain,
// `helo:NAME`, of plain characters.
bool is_radar_entry(const std::string& value);

// An entry that is to be braked.
struct Braking {
  std::string campaign;
  std::string entry;
};
// Those proposed in the last `brake`, and in kBrakeSoon, that no entry blocks already: no more than
// there is room for.
std::vector<Braking> to_brake(const std::vector<StrongCampaign>& strong, const Snapshot& snapshot,
                              std::chrono::seconds brake, UtcTime now);

// An entry of the brake that stands.
struct Braked {
  std::string list;
  std::string entry;  // as it stands there
};
// Those that nothing strong proposes any more.
std::vector<Braked> to_release(const std::vector<StrongCampaign>& strong, const Snapshot& snapshot,
                               UtcTime now);

// Until when the brake holds what this entry stops; none: it does not.
std::optional<UtcTime> braked_until(const Snapshot& snapshot, const std::string& value,
                                    UtcTime now);

}  // namespace postern::ctl

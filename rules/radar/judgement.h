// When a pool is enough for a proposal: the rules for each kind, with measured numbers. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "rules/radar/crowding.h"
#include "rules/radar/pool.h"
#include "rules/radar/proposal.h"

namespace postern::radar {

inline constexpr std::chrono::hours kFresh{72};
inline constexpr std::chrono::hours kWindow = kSteps.back().span;
inline constexpr std::chrono::hours kMemory{24 * 90};

struct SiteAge {
  UtcTime now;
  std::chrono::seconds observed;
};

// Whether the pool is to be proposed now. Told ones come back when what was proposed no longer
// stands.
bool is_enough(PoolKind kind, const Pool& pool, const Crowding& crowding, const SiteAge& age);

// Whether other rules refused so much of the pool's mail that it is bad without any history.
bool is_refused_elsewhere(const Pool& pool);

Strength strength_of(const Pool& pool, const SiteAge& age);

}  // namespace postern::radar

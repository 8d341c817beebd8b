// How crowded with fresh domains networks are here anyway, on a first day or at a big site, and how
// many of them are therefore wanted for a proposal. Pure.
//
// Counted are fresh domains that were the second or a further one of their network, not all fresh
// domains: else a botnet with random domains could blind the radar.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "rules/radar/pool.h"

namespace postern::radar {

// So many fresh domains in so long a time: the measured steps.
struct Step {
  std::chrono::hours span;
  std::size_t domains;
};
inline constexpr std::array<Step, 3> kSteps{
    {{std::chrono::hours{6}, 3}, {std::chrono::hours{48}, 5}, {std::chrono::hours{24 * 7}, 8}}};

class Crowding {
 public:
  // Of a pool of networks that was not told.
  void add(const Pool& pool, UtcTime now);
  // `observed`: how long events have come; what is shorter than a span is scaled up.
  void finish(std::chrono::seconds observed);

  // By the step of kSteps with this index; at least its domains, at most three times as many.
  [[nodiscard]] std::size_t wanted(std::size_t step) const { return wanted_[step]; }

 private:
  std::array<double, kSteps.size()> further_{};
  std::array<std::size_t, kSteps.size()> wanted_{kSteps[0].domains, kSteps[1].domains,
                                                 kSteps[2].domains};
};

}  // namespace postern::radar

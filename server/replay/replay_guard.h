// Rules tried on the mail of the last day, by the journal, before they come into service: what they
// would have refused or discarded of the good mail (rules/replay/standing.h) that came in. Blocks
// on files, for a second or so; a thread that decides about mail must not call it.
#pragma once

#include <chrono>
#include <cstdint>

#include "server/config/tried_rules.h"

namespace postern::replay {

struct GuardBounds {
  std::chrono::hours span{24};
  // Of the newest segments; what is in them from before the span tells how domains stand.
  std::uintmax_t bytes = std::uintmax_t{64} << 20;
};

// The mail of both doors, judged as this door would judge it, so that both daemons come to one
// answer. What the rules in force would lose as well is no loss of the candidate's: it was accepted
// when they came.
config::TriedRules try_on_journal(const std::shared_ptr<const Snapshot>& in_force,
                                  const std::shared_ptr<const Snapshot>& candidate,
                                  const config::Settings& settings,
                                  std::chrono::system_clock::time_point now,
                                  const GuardBounds& bounds = {});

}  // namespace postern::replay

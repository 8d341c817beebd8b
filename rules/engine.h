// The engine: a pure function of a transaction, facts and rules, called again when facts it asked
// for have arrived. No I/O, no clock, no lock, no state between calls.
//
// Rules are looked at from top to bottom; the first final action decides. A rule whose conditions
// cannot be judged yet, because the session has not come that far or because facts are missing,
// keeps every rule below it from deciding: what is written further up always comes first.
#pragma once

#include <chrono>
#include <optional>

#include "rules/model/facts.h"
#include "rules/model/transaction.h"
#include "rules/model/verdict.h"
#include "rules/snapshot.h"

namespace postern {

struct Trace;  // rules/trace.h

// The verdict, or nothing when facts are missing that could change it: they are in facts.missing(),
// all that the undecided rules need. With no facts missing there is always a verdict; nothing
// decided means `pass`. `trace` (may be null) gets what was done with each rule.
//
// When `effort.work` is spent, the rules from there on are not looked at (Verdict::cut_short): what
// they could have decided is unknown, and the verdict is to try again later. `effort.memory` is of
// this snapshot and of what stays the same about the transaction.
std::optional<Verdict> evaluate(const Snapshot& snapshot, const Transaction& transaction,
                                FactView& facts, std::chrono::system_clock::time_point now,
                                Trace* trace = nullptr, Effort effort = {});

}  // namespace postern

// The engine: a pure function of a transaction, facts and rules, called again when facts it asked
// for have arrived. No I/O, no clock, no lock, no state between calls.
//
// Rules are evaluated from top to bottom; the first final action decides. While a rule cannot be
// judged, because its attributes are known at a later stage only or because facts are missing, no
// rule below it decides: a rule further up always comes first.
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
// all that the undecided rules need. With no facts missing there is always a verdict; if no rule
// decided it is `pass`. `trace` (may be null) gets the result of each rule.
//
// When `effort.work` is spent, the remaining rules are not evaluated (Verdict::cut_short): what
// they could have decided is unknown, so the verdict is a temporary failure. `effort.memory` is of
// this snapshot, and of the attributes of the transaction that have not changed.
std::optional<Verdict> evaluate(const Snapshot& snapshot, const Transaction& transaction,
                                FactView& facts, std::chrono::system_clock::time_point now,
                                Trace* trace = nullptr, Effort effort = {});

}  // namespace postern

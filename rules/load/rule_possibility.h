// Whether a rule can do what it says: its conditions are known early enough, and its actions can be
// had where it is asked for. What cannot be is refused at load, not down-mapped in silence.
#pragma once

#include <string>

#include "common/base/diagnostic.h"
#include "rules/load/snapshot_builder.h"
#include "rules/snapshot.h"

namespace postern::load {

// Reports every impossible pair of stage and action, and of stage and condition.
void check_possible(const Rule& rule, const SnapshotBuilder& builder, Diagnostics& diagnostics);

// Sets `may_...` of the rule by its actions.
void note_what_it_may_do(Rule& rule, const SnapshotBuilder& builder);

// Sets `known_from`, `doors`, `about_...` and `is_idle` of the rule by its conditions and check.
// Before the others.
void note_what_it_is_about(Rule& rule, const SnapshotBuilder& builder);

// The condition that not every door can know; empty if there is none.
std::string what_limits_doors(const Rule& rule, const SnapshotBuilder& builder);

}  // namespace postern::load

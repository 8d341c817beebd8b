// `well_known:` of a rule file: the lists that name domains which nobody means to refuse. And the
// warnings about entries that would, or that match nearly everything.
#pragma once

#include "common/base/diagnostic.h"
#include "common/yaml/config_map.h"
#include "rules/load/snapshot_builder.h"

namespace postern::load {

// Takes the key of the rule file, after its lists. Errors: no list of that name, one that is not of
// kind domain.
void load_well_known(yaml::ConfigMap& top, SnapshotBuilder& builder);

// At most so many warnings about one list, and the count of the rest.
inline constexpr std::size_t kWellKnownShown = 10;

// Warns of every entry of a named list, and of every value written inside a condition, that hits a
// well-known domain and by which a rule refuses (rejects, defers, discards, holds, redirects); and
// of those that are very broad (rules/lists/safety_limits.h), texts apart, and by which a rule
// refuses or lets pass. The rule decides by `then`, not by a check, and does not name the list
// under `not:`, as one does that is about forged well-known names; a value in a condition has no
// other condition beside it that narrows what it matches. The well-known lists themselves may be
// used for that.
void warn_of_broad_and_well_known(const SnapshotBuilder& builder, Diagnostics& diagnostics);

}  // namespace postern::load

// `well_known:` of a rule file: the lists that name domains which nobody means to refuse, and the
// warnings about entries that would.
#pragma once

#include "common/config_map.h"
#include "common/diagnostic.h"
#include "rules/load/snapshot_builder.h"

namespace postern {

// Takes the key of the rule file, after its lists. Errors: no list of that name, one that is not of
// kind domain.
void load_well_known(ConfigMap& top, SnapshotBuilder& builder);

// At most so many warnings about one list, and the count of the rest.
inline constexpr std::size_t kWellKnownShown = 10;

// Warns of every entry of a named domain list that hits a well-known domain and by which a rule
// refuses (rejects, defers, discards, holds). The rule decides by `then`, not by a check, and does
// not name the list under `not:`, as one does that is about forged well-known names. The well-known
// lists themselves may be used for that.
void warn_well_known(const SnapshotBuilder& builder, Diagnostics& diagnostics);

}  // namespace postern

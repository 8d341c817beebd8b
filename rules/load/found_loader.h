// The condition `found:`, over findings of checks of rules further up. Part of loading a rule file.
#pragma once

#include <vector>

#include "common/base/diagnostic.h"
#include "common/yaml/yaml_node.h"
#include "rules/condition.h"
#include "rules/load/snapshot_builder.h"
#include "rules/snapshot.h"

namespace postern::load {

// Reads `dnsbl.listed`, or several joined by ` and `: the name of a rule or of its check, and a
// finding. Errors: no such rule above the one that is being loaded, a finding that its check has
// not.
FoundTogether load_found(const yaml::YamlNode& value, SnapshotBuilder& builder,
                         Diagnostics& diagnostics);

// Errors: a rule that loses mail by what could not be found out, or refuses it by that alone for
// which nobody may be refused (FindingInfo::no_refusal), or asks about so many rules that this
// cannot be seen.
void check_found(const Rule& rule, const SnapshotBuilder& builder, Diagnostics& diagnostics);

}  // namespace postern::load

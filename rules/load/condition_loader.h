// The `when:` of a rule.
#pragma once

#include "common/diagnostic.h"
#include "common/yaml_node.h"
#include "rules/load/snapshot_builder.h"

namespace postern {

// Reads a map of conditions. Values are names of lists or stand for themselves; several values are
// joined by OR, several conditions by AND, `not:` holds conditions that must not all be true.
Condition load_condition(const YamlNode& node, const std::string& file, SnapshotBuilder& builder,
                         Diagnostics& diagnostics);

}  // namespace postern

// The `when:` of a rule.
#pragma once

#include "common/base/diagnostic.h"
#include "common/yaml/yaml_node.h"
#include "rules/load/snapshot_builder.h"

namespace postern::load {

// Reads a map of conditions. Values are names of lists or stand for themselves; several values are
// joined by OR, several conditions by AND, `not:` holds conditions that must not all be true.
Condition load_condition(const yaml::YamlNode& node, const std::string& file,
                         SnapshotBuilder& builder, Diagnostics& diagnostics);

}  // namespace postern::load

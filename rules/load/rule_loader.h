// One entry of `rules:`.
#pragma once

#include "common/base/diagnostic.h"
#include "common/yaml/yaml_node.h"
#include "rules/load/snapshot_builder.h"

namespace postern::load {

// Adds the rule to the builder unless its mode is off; `strongest` is the mode of the whole file.
// Rules are always read to the end, so that all errors are shown.
// A rule that the target's door cannot judge is left out with a warning, or refused when no door
// that is installed can.
void load_rule(const yaml::YamlNode& node, const std::string& file, Mode strongest,
               const LoadTarget& target, SnapshotBuilder& builder, Diagnostics& diagnostics);

}  // namespace postern::load

// The `lists:` part of a rule file.
#pragma once

#include "common/base/diagnostic.h"
#include "common/yaml/yaml_node.h"
#include "rules/load/rule_file.h"
#include "rules/load/snapshot_builder.h"

namespace postern::load {

// Adds every list of `node` to the builder. `file` is the rule file's name for messages. A list of
// `previous` (may be null) that a load would give again is taken as it is.
void load_lists(const yaml::YamlNode& node, const std::string& file, const ReadListFile& read_list,
                const Snapshot* previous, SnapshotBuilder& builder, Diagnostics& diagnostics);

// Names of lists and rules: letters, digits, `-`, `_`, not more than 64. A name never looks like a
// domain, an address or a network.
bool is_plain_name(std::string_view name);

}  // namespace postern::load

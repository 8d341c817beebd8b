// What can only be seen with all rules at hand. Part of loading a rule file.
#pragma once

#include "common/base/diagnostic.h"
#include "common/yaml/yaml_node.h"
#include "rules/load/snapshot_builder.h"
#include "rules/model/door.h"

namespace postern::load {

// Errors: rule names that stand twice, `skip` of a name that is neither check nor rule. Warnings:
// rules that are never reached, lists that no rule uses, rules for the end of a message that one
// recipient more escapes, where `target` takes the mildest verdict. `rules` and `lists` are the
// nodes of the file; null when it has none.
void check_rules_together(const SnapshotBuilder& builder, const yaml::YamlNode* rules,
                          const yaml::YamlNode* lists, const LoadTarget& target,
                          Diagnostics& diagnostics);

}  // namespace postern::load

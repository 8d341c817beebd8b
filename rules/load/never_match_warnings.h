// Warnings about entries that nothing can ever match. Part of loading a rule file.
#pragma once

#include "common/base/diagnostic.h"
#include "common/yaml/yaml_node.h"
#include "rules/load/snapshot_builder.h"

namespace postern::load {

// At most so many warnings about one list, and the count of the rest.
inline constexpr std::size_t kNeverMatchShown = 10;

// Of every named list; what stands inside a condition is warned about where it is read. `lists` is
// the node of the file, null when it has none.
void warn_never_matching(const SnapshotBuilder& builder, const yaml::YamlNode* lists,
                         Diagnostics& diagnostics);

}  // namespace postern::load

// Warnings about regular expressions that a stranger can make slow, and about too little memory for
// all of them. Part of loading a rule file.
#pragma once

#include <cstddef>
#include <functional>

#include "common/base/diagnostic.h"
#include "common/yaml/yaml_node.h"
#include "rules/load/snapshot_builder.h"

namespace postern::load {

// At most so many warnings about one list, and the count of the rest.
inline constexpr std::size_t kDearRegexesShown = 10;

// Of the list of a condition, where its entries stand.
void warn_of_dear_regexes(const lists::List& list,
                          const std::function<Position(lists::EntryId)>& place_of,
                          Diagnostics& diagnostics);
// Of every named list. `lists` is the node of the file, null when it has none.
void warn_of_dear_regexes(const SnapshotBuilder& builder, const yaml::YamlNode* lists,
                          Diagnostics& diagnostics);

// Of all that conditions look at together. `where`: of the file.
void warn_of_regexes_dear_together(const SnapshotBuilder& builder, const Position& where,
                                   Diagnostics& diagnostics);
void warn_of_little_memory(std::size_t wanted, std::size_t regex_memory, const Position& where,
                           Diagnostics& diagnostics);

}  // namespace postern::load

// The databases of a rule file, which say of clients what conditions compare with. Pure.
#pragma once

#include "common/yaml/config_map.h"
#include "rules/load/rule_file.h"
#include "rules/load/snapshot_builder.h"

namespace postern::load {

// Reads the key `databases` of a rule file: a file for each attribute. What is wrong with a file is
// reported at its name. Databases of `previous` (may be null) with the same bytes are shared.
void load_client_databases(yaml::ConfigMap& top, const ReadListFile& read_list,
                           const Snapshot* previous, SnapshotBuilder& builder);

}  // namespace postern::load

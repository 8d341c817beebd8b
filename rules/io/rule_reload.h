// Takes changed rules into service while mail goes on. Blocks on files; one thread at a time.
#pragma once

#include <string>

#include "common/io/log.h"
#include "rules/door.h"
#include "rules/io/snapshot_store.h"

namespace postern {

enum class Reload { done, refused };

// Reads the rules and, if there is nothing wrong with them, puts them into `store` with the next
// generation. Otherwise the old ones stay. All that was found goes to the log, and the outcome.
Reload reload_rules(const std::string& file, const Audience& audience, SnapshotStore& store,
                    DaemonLog& log);

// Writes what a load found, one line each, errors and warnings as such; of very many, the first.
void log_diagnostics(const Diagnostics& diagnostics, DaemonLog& log);

}  // namespace postern

// Which generations came of files that somebody edited without posternctl.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "ctl/rollback/edit_history.h"
#include "server/config/generation_store.h"

namespace postern::ctl {

struct ReloadFromFiles {
  const config::StoredGeneration* before = nullptr;  // the one that is kept before it; never null
  const config::StoredGeneration* generation = nullptr;  // never null
  std::vector<std::string> paths;  // of files that changed otherwise than by entries of the history
};

// `kept` oldest first, `entries` in their order; both outlive the result. What
// changed a file from one kept generation to the next is an entry of before
// that, or several of which each found the file as the one before has left it;
// a change that is none of that is a reload from files.
std::vector<ReloadFromFiles> reloads_from_files(const std::vector<config::StoredGeneration>& kept,
                                                const std::vector<HistoryEntry>& entries);

}  // namespace postern::ctl

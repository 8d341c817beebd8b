// A record of a store that no daemon has open, for people. Changes no record.
#pragma once

#include <string>

#include "common/base/result.h"
#include "rules/model/state.h"

namespace postern::state {

// Reads it in a child process that has become the owner of the folder, if this one is root: who
// owns the file may have written anything into it, and what LMDB makes beside it is the owner's. As
// of now, by the clock of the store. Waits some seconds at most. Error: it cannot be read, or is
// damaged.
Result<StateFact> record_on_disk(const std::string& folder, const StateKey& key);

}  // namespace postern::state

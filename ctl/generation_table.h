// What `posternctl rollback --list` shows: the kept generations, and what each has changed against
// the one before. Reads their files.
#pragma once

#include <cstdint>
#include <vector>

#include "ctl/command.h"
#include "rules/io/generation_store.h"

namespace postern {

// `kept`: all of the store, oldest first. `running`: the number to mark; it need not be among them.
void list_generations(const std::vector<StoredGeneration>& kept, std::uint64_t running,
                      const CommandContext& context);

}  // namespace postern

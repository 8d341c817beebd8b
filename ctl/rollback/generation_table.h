// What `posternctl rollback --list` shows: the kept generations, and what each has changed against
// the one before. Reads their files.
#pragma once

#include <cstdint>

#include "ctl/cli/command.h"
#include "ctl/rollback/vouched_texts.h"
#include "server/config/generation_store.h"

namespace postern::ctl {

// Also those that are not whole, each a line. `running`: the number to mark; it need not be among
// them.
void list_generations(const config::GenerationList& found, std::uint64_t running,
                      const VouchedTexts& vouched, const CommandContext& context);

}  // namespace postern::ctl

// What `posternctl rollback --list` shows: the kept generations, and what each has changed against
// the one before. Reads their files.
#pragma once

#include <cstdint>

#include "ctl/command.h"
#include "ctl/vouched_texts.h"
#include "rules/io/generation_store.h"

namespace postern {

// Also those that are not whole, each a line. `running`: the number to mark; it need not be among
// them.
void list_generations(const GenerationList& found, std::uint64_t running,
                      const VouchedTexts& vouched, const CommandContext& context);

}  // namespace postern

// The generations that are kept, for commands that only look: texts, and what
// changed from one to another. Nobody vouches for them
// (ctl/rollback/vouched_texts.h). Blocks on files.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "ctl/rollback/file_change.h"
#include "server/config/generation_store.h"
#include "server/config/settings.h"

namespace postern::ctl {

// The store of these settings. Errors: they name none; as
// GenerationStore::open_to_read().
Result<config::GenerationStore> kept_generations(const config::Settings& settings,
                                                 const std::string& settings_file);

// The copy of a file; empty when there is none, or it cannot be read.
std::string kept_text(const config::StoredFile* file);

// Null when the generation has no such file.
const config::StoredFile* file_of(const config::StoredGeneration& generation,
                                  const std::string& path);

}  // namespace postern::ctl

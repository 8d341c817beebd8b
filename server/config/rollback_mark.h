// The note that tells a daemon which files a rollback has put in place. `posternctl rollback`
// writes the files, and a daemon keeps them as a generation later, perhaps after its next start.
// The note, `.rules.yaml.rollback` beside the rule file, names the generation that the files come
// from, and identifies the files by inode and time of modification: the same text written by hand
// is no rollback. Blocks on files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "server/config/rule_source.h"

namespace postern::config {

std::string rollback_mark_path(const std::string& rules_file);

// `files` are those of generation `number`, the rule file first, with the identities that they have
// in place or will have: the change time and the device do not matter. Error: the system's.
Result<void> write_rollback_mark(const std::vector<SourceFile>& files, std::uint64_t number);
// Removes the note, once all daemons have taken the files.
void remove_rollback_mark(const std::string& rules_file);

// The generation that a rollback has put back, if these files, as they were read, are the very
// files that it put there.
std::optional<std::uint64_t> restored_generation(const std::vector<SourceFile>& files);

}  // namespace postern::config

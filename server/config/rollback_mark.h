// How a generation comes to know that it came of a rollback: `posternctl rollback` puts files in
// place, and a daemon keeps them as a generation later, perhaps after its next start. So the tool
// leaves a note beside the rule file, `.rules.yaml.rollback`, which says of which generation the
// files are, and by inode and time of modification which files are meant: the same text that
// somebody writes by hand is no rollback. Blocks on files.
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
// Takes it away again: who has taken the files knows it.
void remove_rollback_mark(const std::string& rules_file);

// The generation that a rollback has put back, if these files, as they were read, are the very
// files that it put there.
std::optional<std::uint64_t> restored_generation(const std::vector<SourceFile>& files);

}  // namespace postern::config

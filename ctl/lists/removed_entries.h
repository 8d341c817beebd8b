// Entries that a list has had, and has no more: what kept generations tell of a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ctl/rollback/edit_history.h"
#include "ctl/rollback/rule_editor.h"
#include "server/config/generation_store.h"

namespace postern::ctl {

struct RemovedEntry {
  std::string file;
  int line = 0;                         // in that generation
  std::string text;                     // of the line
  std::uint64_t generation = 0;         // the last that has had it
  std::optional<UtcTime> until;         // when the next one was taken into service, if one was
  std::optional<HistoryEntry> removal;  // by which change, where the history knows
};

// What is about `value` (ctl/lists/find_entries.h) in a kept generation and not in the rules on
// disk, each entry once, those that went last first. Reads every generation that differs from its
// neighbour. Blocks on files.
std::vector<RemovedEntry> removed_entries(const RulesOnDisk& rules, const std::string& value,
                                          const config::GenerationStore& store,
                                          const EditHistory& history);

}  // namespace postern::ctl

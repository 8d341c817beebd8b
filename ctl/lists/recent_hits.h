// What entries that are about to be written would have done in the last 24 hours, by the journal,
// or by the log where there is none: the line that a tired person reads before half of the world is
// blocked. Blocks on files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/rollback/rule_editor.h"
#include "rules/replay/differences.h"

namespace postern::ctl {

// Lines of list files, as they will be.
using EntryLines = std::vector<std::pair<std::string, int>>;  // path, number

struct RecentHits {
  std::uint64_t messages = 0;  // that the entries would have decided
  std::uint64_t passed = 0;    // messages among them that came in
  std::vector<replay::GoodMail> lost;
  std::optional<UtcTime> since;  // later than 24 hours ago: that is all that was looked at
  enum class Source { journal, log } source = Source::journal;

  // `in the last 24 h this would have hit 51 messages, 20 of which came in`
  [[nodiscard]] std::string text() const;
};

// By the rules with the edits of `editor`, over the newest 64 MiB of records or 32 MiB of the log.
// Nothing: there is neither here, or it cannot be read.
std::optional<RecentHits> recent_hits(const RuleEditor& editor, const config::Settings& settings,
                                      const EntryLines& lines, const CommandContext& context);

}  // namespace postern::ctl

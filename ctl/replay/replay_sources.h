// The past, read into a trial: logs of MTAs, or the journal. Blocks on files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "ctl/replay/past_read.h"
#include "ctl/replay/trial.h"

namespace postern::ctl {

// `names`: files, oldest first; `-` is standard input. Errors: one cannot be read to its end; the
// rules of the trial cannot be read.
Result<PastRead> replay_logs(const std::vector<std::string>& names, Trial& trial,
                             const CommandContext& context);

// `paths`: folders and files of a journal. What is older than `since` only tells how sender domains
// stand. `settings` say where the generations are. Errors: as replay_logs().
Result<PastRead> replay_journal(const std::vector<std::string>& paths, std::optional<UtcTime> since,
                                const config::Settings& settings, Trial& trial);

}  // namespace postern::ctl

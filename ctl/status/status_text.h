// What the daemons answered, for a person at three in the morning: first what is wrong, then the
// rest. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/utc_date.h"
#include "ctl/cli/command.h"
#include "ctl/cli/daemons.h"

namespace postern::ctl {

struct StatusProblem {
  CtlExit severity = CtlExit::ok;  // what `status` ends with because of it; ok: only worth knowing
  std::string text;
};

// `on_disk` is the fingerprint of the files as they are now; none when they could not be read.
std::vector<StatusProblem> problems_of(const std::vector<DaemonAnswer>& answers,
                                       const std::optional<std::string>& on_disk);

// The same for an account that may not read the files.
std::vector<StatusProblem> problems_but_of_files(const std::vector<DaemonAnswer>& answers);

// The settings file has faults: daemons that run go on, and would not start.
StatusProblem faulty_settings(const std::string& file, int faults);

// failed before no before ok.
CtlExit exit_of(const std::vector<StatusProblem>& problems);

std::string status_text(const std::vector<DaemonAnswer>& answers,
                        const std::vector<StatusProblem>& problems, UtcTime now);

// `2026-11-21T18:00:00Z (4m ago)`; `-` for no time.
std::string time_with_age(const std::string& time, UtcTime now);
// `12s`, `4m`, `3h`, `12d`
std::string rough_duration(std::chrono::seconds duration);
// `17 B`, `3.2 KiB`, `64.0 MiB`
std::string rough_size(std::uint64_t bytes);

// Rows of words as columns, two blanks between them.
std::string as_columns(const std::vector<std::vector<std::string>>& rows);

}  // namespace postern::ctl

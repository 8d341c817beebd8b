// Where the daemons' decisions are written down, and the search through it. Blocks on files, and on
// journalctl(1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/why/clue.h"
#include "ctl/why/decision_search.h"
#include "server/config/settings.h"

namespace postern::ctl {

struct DecisionLogs {
  std::vector<std::string> files;  // newest first; none: the journal
  bool all = false;                // are read, also when newer ones have what is looked for
};

// Those that were named; else the file of `log:` and what logrotate(8) has made of it; else the
// journal.
DecisionLogs decision_logs(const std::vector<std::string>& named, const config::Settings& settings);

struct SearchedLogs {
  std::vector<std::string> read;   // `/var/log/postern/postern.log`, `the journal`
  std::vector<std::string> notes;  // what could not be read
  // Lines of an MTA that hold what was looked for.
  std::vector<std::string> mta_lines;
};

// Adds to each search the lines that its clue may be about. Unless all are to be read, older files
// are left out when every search has found something in newer ones.
SearchedLogs search_logs(const DecisionLogs& logs, const std::vector<Clue>& clues,
                         std::vector<DecisionSearch>& searches);

}  // namespace postern::ctl

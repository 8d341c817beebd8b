// The files of a candidate, read and checked as the doors of the installation would have them.
// Blocks on files.
#pragma once

#include <optional>
#include <string>

#include "ctl/cli/command.h"
#include "server/config/hidden_files.h"
#include "server/config/rule_source.h"
#include "server/config/settings.h"

namespace postern::ctl {

struct CandidateFiles {
  config::RulesRead read;  // of the widest door
  config::HiddenFiles hidden;
};

// From the root, links as they are: what a daemon is told.
std::string candidate_path(const std::string& file);

// All that is odd about them is told. Nothing when some door would not load them.
std::optional<CandidateFiles> read_candidate(const std::string& file,
                                             const config::Settings& settings,
                                             const Console& console);

}  // namespace postern::ctl

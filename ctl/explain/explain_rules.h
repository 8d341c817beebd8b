// Which rules posternctl explain goes by, as they were asked for: those that run, those on disk, a
// kept generation. Blocks on files and on the daemons' sockets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "ctl/cli/daemons.h"
#include "ctl/explain/explain.h"
#include "ctl/explain/explanation_page.h"

namespace postern::ctl {

struct ChosenRules {
  std::vector<DoorRules> doors;    // in the order that was wanted
  std::string what;                // `generation 12, which postern-milter runs`
  std::vector<std::string> notes;  // `the files on disk differ from it`
};

// `running`: what a daemon has said about itself, if one did. What it runs is known by its content,
// and not by its number alone. Error: there are no such rules, or
// they have faults, all of them told.
Result<ChosenRules> choose_rules(const ExplainOptions& options, const config::Settings& settings,
                                 const std::vector<Door>& doors,
                                 const std::optional<DaemonAnswer>& running);

}  // namespace postern::ctl

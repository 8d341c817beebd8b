// Which rules posternctl explain goes by, as they were asked for: those that run, those on disk, a
// kept generation. Blocks on files and on the daemons' sockets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "ctl/daemons.h"
#include "ctl/explain.h"
#include "ctl/explanation_page.h"

namespace postern {

struct ChosenRules {
  std::vector<DoorRules> doors;    // in the order that was wanted
  std::string what;                // `generation 12, which postern-milter runs`
  std::vector<std::string> notes;  // `the files on disk differ from it`
};

// `running`: what a daemon has said about itself, if one did. What it runs is known by its content,
// and not by its number alone. Error: there are no such rules, or
// they have faults, all of them told.
Result<ChosenRules> choose_rules(const ExplainOptions& options, const Settings& settings,
                                 const std::vector<Door>& doors,
                                 const std::optional<DaemonAnswer>& running);

}  // namespace postern

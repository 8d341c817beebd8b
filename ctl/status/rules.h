// `posternctl rules`: how often rules and entries have hit, over both doors together.
#pragma once

#include <string>

#include "ctl/cli/command.h"

namespace postern::ctl {

struct RulesOptions {
  std::string list;    // empty: all rules, and the lists in short
  bool never = false;  // of the list: the entries that never hit
};

CtlExit run_rules(const RulesOptions& options, const CommandContext& context);

}  // namespace postern::ctl

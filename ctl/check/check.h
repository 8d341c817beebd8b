// `posternctl check`: everything that is wrong with settings, rules and lists, and what is odd
// about the lists. Asks no daemon and no DNS.
#pragma once

#include <string>
#include <vector>

#include "ctl/cli/command.h"

namespace postern::ctl {

struct CheckOptions {
  // Rule files, or settings files, in the place of the installed ones.
  std::vector<std::string> files;
};

CtlExit run_check(const CheckOptions& options, const CommandContext& context);

}  // namespace postern::ctl

// `posternctl status`: how the daemons are doing, and whether they do the same as each other and as
// the files say.
#pragma once

#include "ctl/cli/command.h"

namespace postern::ctl {

struct StatusOptions {};

CtlExit run_status(const StatusOptions& options, const CommandContext& context);

}  // namespace postern::ctl

// The command line that both daemons have: --config, --check-config, --version, --help.
#pragma once

#include "server/daemon/daemon.h"

namespace postern::daemon {

// What --help says beside the options, the signals and the exit codes.
struct HelpTexts {
  const char* about;  // in front
  const char* more;   // at the end: how the MTA is told of the daemon, and the pages
};

// All that main() does; the result is the process's exit status. Lets no exception out.
int run_command_line(const Daemon& daemon, const HelpTexts& help, int argc, char** argv);

}  // namespace postern::daemon

// The command line of posternctl: what can be said, what --help teaches, and who does it.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

#include "ctl/cli/command.h"
#include "ctl/completion/completion_script.h"

namespace postern::ctl {

struct CtlProgram {
  std::string version;
  std::string user;  // who sits there, for the owner of entries; may be empty
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  std::chrono::system_clock::time_point now;
  Terminal terminal = Terminal::none;
  Colours colours = Colours::no;
  std::string terminal_name{};  // `pts/3`; empty: none
};

// All that main() does; the result is the exit status of the process. Lets no exception out.
int run_command_line(const CtlProgram& program, int argc, const char* const* argv);

// All commands, as completion needs them.
std::vector<CommandShape> command_shapes();

}  // namespace postern::ctl

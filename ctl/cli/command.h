// What every command of posternctl is given and gives back. A command is one function in one file;
// the command line (ctl/command_line) knows them all and nothing else does.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "ctl/cli/console.h"

namespace postern::ctl {

// Documented in posternctl(8).
enum class CtlExit : int {
  ok = 0,
  // Done what was asked, and the answer is no: faults were found, a reload was refused, nothing is
  // kept or listed there.
  no = 1,
  usage = 2,
  // A daemon could not be asked, or a file not read or written.
  failed = 3,
};

// Whether a person sits at standard input and output, who can be asked.
enum class Terminal { none, both_ways };

struct CommandContext {
  std::string settings_file = "/etc/postern/postern.yaml";
  Console console;
  std::istream& in;
  std::chrono::system_clock::time_point now;
  Terminal terminal = Terminal::none;
};

}  // namespace postern::ctl

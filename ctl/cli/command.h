// What every command of posternctl is given and gives back. A command is one row beside its code;
// ctl/commands.h names them all.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "ctl/cli/console.h"

namespace CLI {
class App;
}

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
  std::string settings_file;
  Console console;
  std::istream& in;
  std::chrono::system_clock::time_point now;
  Terminal terminal = Terminal::none;
};

using RunCommand = std::function<CtlExit(const CommandContext&)>;

// A command: a row beside its code, which ctl/commands.h names.
struct Command {
  std::string_view name;
  std::string_view about;  // one line of --help
  std::string_view help;   // behind the options: an example or two, and what it writes
  // Adds its options to `app`, and gives back what runs with them. `user`: who sits there, for the
  // owner of entries; may be empty.
  RunCommand (*prepare)(CLI::App& app, const std::string& user);
};

}  // namespace postern::ctl

// What every command of posternctl is given and gives back. A command is one row beside its code;
// ctl/commands.h names them all.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/cli/colours.h"
#include "ctl/cli/console.h"
#include "ctl/cli/option_row.h"

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

// Whether a person sees standard output, and sits at standard input, too, so that they can be
// asked.
enum class Terminal { none, output, both_ways };

// Whoever runs a command, as far as the system says, for the history of changes.
struct Caller {
  std::string user;  // behind sudo not root; may be empty
  unsigned uid = 0;
  std::string terminal;  // `pts/3`; empty: none
  std::string command;   // as it was typed, with quotes where they are needed
};

struct CommandContext {
  std::string settings_file;  // absolute
  Console console;
  std::istream& in;
  std::chrono::system_clock::time_point now;
  Terminal terminal = Terminal::none;
  Colours colours = Colours::no;
  Caller caller{};
};

using RunCommand = std::function<CtlExit(const CommandContext&)>;

// Ready to be told its options, and to run with them.
struct PreparedCommand {
  std::vector<OptionRow> options;
  RunCommand run;
};

// A command: a row beside its code, which ctl/commands.h names.
struct Command {
  std::string_view name;
  std::string_view about;  // one line of --help
  std::string_view help;   // behind the options: an example or two, and what it writes
  PreparedCommand (*prepare)();
};

template <class Options>
PreparedCommand with_options(std::vector<OptionRow> (*rows)(Options&),
                             CtlExit (*run)(const Options&, const CommandContext&)) {
  auto options = std::make_shared<Options>();
  return {rows(*options),
          [options, run](const CommandContext& context) { return run(*options, context); }};
}

// `rows(options)` says where each value goes, `run(options, context)` does it.
template <auto rows, auto run>
PreparedCommand prepare() {
  return with_options(rows, run);
}
// Of a command without options.
template <auto run>
PreparedCommand prepare() {
  return {{}, run};
}

}  // namespace postern::ctl

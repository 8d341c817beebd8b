// How a command takes its options from the command line: for the rows of commands (Command::prepare
// in ctl/cli/command.h), which alone use CLI11.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "ctl/cli/command.h"

namespace postern::ctl {

// `describe(app, options, user)` binds options to `app`; `run(options, context)` does it.
template <class Options, auto describe, auto run>
RunCommand prepare(CLI::App& app, const std::string& user) {
  auto options = std::make_shared<Options>();
  describe(app, options, user);
  return [options](const CommandContext& context) { return run(*options, context); };
}

// Of a command without options.
template <auto run>
RunCommand prepare_plain(CLI::App& /*app*/, const std::string& /*user*/) {
  return run;
}

}  // namespace postern::ctl

// Completion scripts for shells, made from the commands and options that the command line has.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "ctl/cli/command.h"

namespace postern::ctl {

struct OptionShape {
  std::string name;   // `--list`
  std::string about;  // one line
  bool takes_value = false;
  bool takes_file = false;
  std::vector<std::string> choices;  // of its value
  std::vector<std::string> asks{};   // posternctl completion for its value: `lists`
};

struct CommandShape {
  std::string name;
  std::string about;
  std::vector<OptionShape> options;  // also those that every command has
  bool takes_files = false;          // what stands by itself
  std::vector<std::string> choices;  // for what stands by itself
  std::vector<std::string> asks{};   // posternctl completion for it
};

enum class Shell { bash, zsh, fish };

// `options`: also those that every command has.
CommandShape shape_of(const Command& command, const std::vector<OptionRow>& options);

std::string completion_script(Shell shell, const std::vector<CommandShape>& commands);

}  // namespace postern::ctl

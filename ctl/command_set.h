// The commands that can stand on the command line of posternctl, and the one that did. Each group
// of commands adds itself; ctl/command_line.cpp has the list of groups. For the command_*.cpp only,
// which alone use CLI11.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "ctl/cli/command.h"

namespace postern::ctl {

class CommandSet {
 public:
  using Run = std::function<CtlExit(const CommandContext&)>;

  // Commands become subcommands of `app`, which outlives the set; it stays where it is, since `app`
  // refers to it. `user`: who sits there, for the owner of entries; may be empty.
  CommandSet(CLI::App& app, std::string user) : app_(app), user_(std::move(user)) {}
  CommandSet(const CommandSet&) = delete;
  CommandSet& operator=(const CommandSet&) = delete;

  template <class Options>
  struct Command {
    CLI::App* app;
    std::shared_ptr<Options> options;  // lives as long as what is bound to it
  };

  // `footer`: an example or two, and what it writes.
  template <class Options>
  Command<Options> add(const std::string& name, const std::string& about, const std::string& footer,
                       CtlExit (*run)(const Options&, const CommandContext&)) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app_.add_subcommand(name, about);
    command->fallthrough();
    command->footer(footer);
    command->callback([this, options, run] {
      chosen_ = [options, run](const CommandContext& context) { return run(*options, context); };
    });
    return {command, options};
  }

  [[nodiscard]] const std::string& user() const { return user_; }
  // Empty before the command line was read, and when it names no command.
  [[nodiscard]] const Run& chosen() const { return chosen_; }

 private:
  CLI::App& app_;
  std::string user_;
  Run chosen_;
};

void add_looking_commands(CommandSet& commands);    // status, check, rules, cache
void add_doctor_command(CommandSet& commands);      // doctor
void add_changing_commands(CommandSet& commands);   // reload, rollback, vouch
void add_list_commands(CommandSet& commands);       // block, unblock, allow
void add_explain_command(CommandSet& commands);     // explain
void add_log_commands(CommandSet& commands);        // report, trace
void add_import_command(CommandSet& commands);      // import
void add_completion_command(CommandSet& commands);  // completion

}  // namespace postern::ctl

#include "ctl/command_line.h"
#include "ctl/command_set.h"

namespace postern::ctl {
namespace {

struct CompletionOptions {
  std::string shell;
};

CtlExit run_completion(const CompletionOptions& options, const CommandContext& context) {
  const Shell shell = options.shell == "zsh"    ? Shell::zsh
                      : options.shell == "fish" ? Shell::fish
                                                : Shell::bash;
  context.console.page(completion_script(shell, command_shapes()));
  return CtlExit::ok;
}

}  // namespace

void add_completion_command(CommandSet& commands) {
  auto completion = commands.add<CompletionOptions>(
      "completion", "Writes a completion script for a shell to standard output",
      "Example:\n"
      "  posternctl completion bash >/etc/bash_completion.d/posternctl",
      run_completion);
  completion.app->add_option("SHELL", completion.options->shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

}  // namespace postern::ctl

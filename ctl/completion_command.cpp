#include "ctl/cli/command_options.h"
#include "ctl/command_line.h"

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

void describe_completion(CLI::App& app, const std::shared_ptr<CompletionOptions>& options,
                         const std::string& /*user*/) {
  app.add_option("SHELL", options->shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

}  // namespace

extern const Command kCompletionCommand{
    "completion", "Writes a completion script for a shell to standard output",
    "Example:\n"
    "  posternctl completion bash >/etc/bash_completion.d/posternctl",
    prepare<CompletionOptions, describe_completion, run_completion>};

}  // namespace postern::ctl

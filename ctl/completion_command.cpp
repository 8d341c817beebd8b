#include "ctl/command_line.h"

namespace postern::ctl {
namespace {

struct CompletionOptions {
  Shell shell = Shell::bash;
};

CtlExit run_completion(const CompletionOptions& options, const CommandContext& context) {
  context.console.page(completion_script(options.shell, command_shapes()));
  return CtlExit::ok;
}

std::vector<OptionRow> completion_options(CompletionOptions& to) {
  return {{"SHELL", "bash, zsh or fish",
           one_of(to.shell, {{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}})}};
}

}  // namespace

extern const Command kCompletionCommand{
    "completion", "Writes a completion script for a shell to standard output",
    "Example:\n"
    "  posternctl completion bash >/etc/bash_completion.d/posternctl",
    prepare<completion_options, run_completion>};

}  // namespace postern::ctl

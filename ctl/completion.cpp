#include <algorithm>
#include <array>

#include "ctl/command_line.h"
#include "ctl/completion/completion_values.h"

namespace postern::ctl {
namespace {

struct ShellName {
  std::string_view name;
  Shell shell;
};
constexpr std::array<ShellName, 3> kShells{
    {{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}}};

struct CompletionOptions {
  std::string what;
  bool about = false;
};

CtlExit run_completion(const CompletionOptions& options, const CommandContext& context) {
  const auto shell = std::ranges::find(kShells, options.what, &ShellName::name);
  const About about = options.about ? About::say : About::leave_out;
  context.console.page(shell == kShells.end() ? completion_values(options.what, about, context)
                                              : completion_script(shell->shell, command_shapes()));
  return CtlExit::ok;
}

std::vector<std::string> what_there_is() {
  std::vector<std::string> words;
  words.reserve(std::size(kShells) + value_kinds().size());
  for (const ShellName& shell : kShells) words.emplace_back(shell.name);
  for (const ValueKind& kind : value_kinds()) words.emplace_back(kind.named);
  return words;
}

std::vector<OptionRow> completion_options(CompletionOptions& to) {
  return {{"SHELL", "Or what a script asks for: the lists, entries, ... that there are",
           one_of(to.what, what_there_is())},
          {"--about", "Behind a tab what is known of each, for shells that show it", &to.about}};
}

}  // namespace

extern const Command kCompletionCommand{
    "completion", "Writes a completion script for a shell to standard output",
    "Examples:\n"
    "  posternctl completion bash >/etc/bash_completion.d/posternctl\n"
    "  posternctl completion fish >~/.config/fish/completions/posternctl.fish\n"
    "The script asks posternctl for lists, entries, rules, checks, generations and the tokens of\n"
    "the newest refusals, which asks the daemons, for a tenth of a second at most.",
    prepare<completion_options, run_completion>};

}  // namespace postern::ctl

#include "ctl/completion/completion_script.h"

#include <algorithm>
#include <utility>

#include "ctl/completion/completion_values.h"

namespace postern::ctl {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::vector<std::string> names_of(const std::vector<CommandShape>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const CommandShape& command : commands) names.push_back(command.name);
  return names;
}

std::vector<std::string> names_of(const std::vector<OptionShape>& options) {
  std::vector<std::string> names;
  names.reserve(options.size());
  for (const OptionShape& option : options) names.push_back(option.name);
  return names;
}

// Inside single quotes of any of the shells.
std::string in_single_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// What is there, a line each, as every shell runs it.
std::string asking(const std::vector<std::string>& kinds, std::string_view option = "") {
  std::string out;
  for (const std::string& kind : kinds) {
    out.append(out.empty() ? "" : "; ").append("posternctl completion ").append(kind);
    out.append(option).append(" 2>/dev/null");
  }
  return out;
}

// fish shows what is said about a word behind a tab.
std::string fish_asking(const std::vector<std::string>& kinds) {
  return "'(" + asking(kinds, " --about") + ")'";
}

// What a value can be, in words that bash expands; nothing where anything goes.
std::string bash_value(const OptionShape& option) {
  if (option.takes_file) return "COMPREPLY=($(compgen -f -- \"$word\"))";
  if (!option.asks.empty()) return "_posternctl_words \"$(" + asking(option.asks) + ")\"";
  if (option.choices.empty()) return "COMPREPLY=()";
  return "COMPREPLY=($(compgen -W '" + joined(option.choices) + "' -- \"$word\"))";
}

std::string bash_command(const CommandShape& command) {
  std::string out = "    " + command.name + ")\n      case $before in\n";
  for (const OptionShape& option : command.options) {
    if (!option.takes_value) continue;
    out += "        " + option.name + ") " + bash_value(option) + "; return ;;\n";
  }
  out += "      esac\n      words='" + joined(names_of(command.options)) + "'\n";
  if (!command.choices.empty()) out += "      words+=' " + joined(command.choices) + "'\n";
  if (!command.asks.empty()) {
    out += "      [[ $word == -* ]] || words+=\" $(" + asking(command.asks) + ")\"\n";
  }
  if (command.takes_files) out += "      files=yes\n";
  return out + "      ;;\n";
}

std::string bash_script(const std::vector<CommandShape>& commands) {
  std::string out =
      "# bash completion for posternctl(8), made by `posternctl completion bash`.\n"
      "# Patterns among them (`mail.*`) are no files.\n"
      "_posternctl_words() {\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\")\n"
      "}\n"
      "_posternctl() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local command= words= files= i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      --config) i=$((i + 1)) ;;\n"
      "      -*) ;;\n"
      "      *) command=${COMP_WORDS[i]}; break ;;\n"
      "    esac\n"
      "  done\n"
      "  case $command in\n"
      "    '')\n"
      "      if [ \"$before\" = --config ]; then\n"
      "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
      "        return\n"
      "      fi\n"
      "      words='" +
      joined(names_of(commands)) +
      " --config --json --help --version'\n"
      "      ;;\n";
  for (const CommandShape& command : commands) out += bash_command(command);
  return out +
         "  esac\n"
         "  _posternctl_words \"$words\"\n"
         "  [ -z \"$files\" ] || COMPREPLY+=($(compgen -f -- \"$word\"))\n"
         "}\n"
         "complete -o filenames -F _posternctl posternctl\n";
}

// The text of a message inside a zsh specification: brackets and colons have a meaning there.
std::string zsh_message(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// Words, each with what is said about it in a line of its own.
std::string zsh_asking(const std::vector<std::string>& kinds) {
  return "{local -a said offered; said=(${(f)\"$(" + asking(kinds, " --about") +
         ")\"}); offered=(${said%%$'\\t'*}); said=(${said/$'\\t'/  }); "
         "compadd -l -d said -a offered}";
}

std::string zsh_option(const OptionShape& option) {
  std::string spec = option.name + "[" + zsh_message(option.about) + "]";
  if (option.takes_file) {
    spec += ":file:_files";
  } else if (!option.asks.empty()) {
    spec += ":value:" + zsh_asking(option.asks);
  } else if (!option.choices.empty()) {
    spec += ":value:(" + joined(option.choices) + ")";
  } else if (option.takes_value) {
    spec += ":value:";
  }
  return in_single_quotes(spec);
}

std::string zsh_script(const std::vector<CommandShape>& commands) {
  std::string out =
      "#compdef posternctl\n"
      "# zsh completion for posternctl(8), made by `posternctl completion zsh`.\n"
      "_posternctl() {\n"
      "  local -a commands=(\n";
  for (const CommandShape& command : commands) {
    out += "    " + in_single_quotes(command.name + ":" + zsh_message(command.about)) + "\n";
  }
  out +=
      "  )\n"
      "  local line state\n"
      "  _arguments -C '--config[Settings file]:file:_files' '--json[Write JSON]' "
      "'1:command:->command' '*::argument:->argument'\n"
      "  case $state in\n"
      "    command) _describe command commands ;;\n"
      "    argument)\n"
      "      case $words[1] in\n";
  for (const CommandShape& command : commands) {
    out += "        " + command.name + ") _arguments";
    for (const OptionShape& option : command.options) out += " " + zsh_option(option);
    if (!command.choices.empty()) out += " '*:value:(" + joined(command.choices) + ")'";
    if (!command.asks.empty()) out += " " + in_single_quotes("*:value:" + zsh_asking(command.asks));
    if (command.takes_files) out += " '*:file:_files'";
    out += " ;;\n";
  }
  return out +
         "      esac\n"
         "      ;;\n"
         "  esac\n"
         "}\n"
         "_posternctl \"$@\"\n";
}

std::string fish_option(const CommandShape& command, const OptionShape& option) {
  std::string out = "complete -c posternctl -n '__fish_seen_subcommand_from " + command.name +
                    "' -l " + option.name.substr(2) + " -d " + in_single_quotes(option.about);
  if (option.takes_file) return out + " -r -F\n";
  if (!option.asks.empty()) return out + " -x -a " + fish_asking(option.asks) + "\n";
  if (!option.choices.empty()) return out + " -x -a '" + joined(option.choices) + "'\n";
  return out + (option.takes_value ? " -x\n" : "\n");
}

std::string fish_script(const std::vector<CommandShape>& commands) {
  std::string out =
      "# fish completion for posternctl(8), made by `posternctl completion fish`.\n"
      "complete -c posternctl -f\n";
  for (const CommandShape& command : commands) {
    out += "complete -c posternctl -n __fish_use_subcommand -a " + command.name + " -d " +
           in_single_quotes(command.about) + "\n";
    for (const OptionShape& option : command.options) out += fish_option(command, option);
    const std::string seen =
        "complete -c posternctl -n '__fish_seen_subcommand_from " + command.name + "'";
    if (!command.choices.empty()) out += seen + " -a '" + joined(command.choices) + "'\n";
    if (!command.asks.empty()) out += seen + " -a " + fish_asking(command.asks) + "\n";
    if (command.takes_files) out += seen + " -F\n";
  }
  return out;
}

// `FILE`, `TOKEN|FILE`
bool names_file(std::string_view type) {
  return type == "FOLDER" || type == "FILE" || type.ends_with("|FILE");
}

}  // namespace

CommandShape shape_of(const Command& command, const std::vector<OptionRow>& options) {
  CommandShape shape{std::string(command.name), std::string(command.about), {}, false, {}, {}};
  shape.options.push_back({"--help", "Print this help message and exit", false, false, {}, {}});
  for (const OptionRow& row : options) {
    const auto choices = row.choices();
    if (!row.is_positional()) {
      shape.options.push_back({row.name(), row.about, !row.is_flag(), names_file(row.type()),
                               choices, kinds_named_in(row.type())});
      continue;
    }
    shape.takes_files |= names_file(row.name());
    shape.choices.insert(shape.choices.end(), choices.begin(), choices.end());
    for (std::string& kind : kinds_named_in(row.name())) {
      const bool is_asked = std::ranges::find(shape.asks, kind) != shape.asks.end();
      if (!is_asked) shape.asks.push_back(std::move(kind));
    }
  }
  return shape;
}

std::string completion_script(Shell shell, const std::vector<CommandShape>& commands) {
  switch (shell) {
    case Shell::bash:
      return bash_script(commands);
    case Shell::zsh:
      return zsh_script(commands);
    case Shell::fish:
      return fish_script(commands);
  }
  return {};
}

}  // namespace postern::ctl

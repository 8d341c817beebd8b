#include "ctl/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <memory>
#include <ostream>
#include <set>
#include <sstream>

#include "common/base/nearest_word.h"
#include "ctl/cli/json_errors.h"
#include "ctl/commands.h"
#include "ctl/explain/explanation_page.h"
#include "server/config/rule_source.h"
#include "server/config/settings_file.h"

namespace postern::ctl {
namespace {

constexpr const char* kAbout =
    "Looks after the Postern daemons: what they do, why, and what they should do.";

constexpr const char* kOverview =
    "posternctl looks after the Postern daemons. At three in the morning:\n"
    "\n"
    "  posternctl status                      is all well, and if not, what\n"
    "  posternctl block phish.example         refuse this sender domain from now on\n"
    "  posternctl unblock phish.example       and take that back\n"
    "  posternctl why 4F2kz1x0ghqz1x          why this mail was refused; also from a log line or a "
    "bounce\n"
    "  posternctl explain --client 192.0.2.1 --sender a@b.example --recipient c@d.example\n"
    "                                         what would be decided, and why\n"
    "  posternctl rollback                    the rules as they were before the last change\n"
    "  posternctl doctor                      whether Postfix and sendmail are wired to it "
    "rightly\n"
    "\n"
    "All commands: posternctl help; about one of them: posternctl help block; posternctl(8)\n";

constexpr const char* kExitCodes =
    "Exit codes:\n"
    "  0  done\n"
    "  1  done, and the answer is no: faults were found, a reload was refused, nothing is there\n"
    "  2  the command line is wrong\n"
    "  3  a daemon could not be asked, or a file not read or written\n"
    "\n"
    "More: posternctl(8), postern-rules(5), postern.yaml(5)";

// Its options are those of CommandLine.
constexpr Command kHelp{"help", "Says what there is, and what a command does",
                        "Examples:\n"
                        "  posternctl help         all commands\n"
                        "  posternctl help block   one of them, as posternctl block --help does",
                        nullptr};

// Hands a row to CLI11.
class RowAdder {
 public:
  RowAdder(CLI::App& app, const OptionRow& row) : app_(app), row_(row) {}

  void add() const {
    CLI::Option* option = std::visit(*this, row_.to);
    const bool says_itself = row_.is_positional() && row_.choices().empty();
    if (says_itself || !row_.type().empty()) option->type_name(row_.type());
    if (row_.is_required()) option->required();
    for (const std::string& other : row_.others.needs) option->needs(app_.get_option(other));
    for (const std::string& other : row_.others.excludes) option->excludes(app_.get_option(other));
  }

  CLI::Option* operator()(bool* to) const { return app_.add_flag(row_.name(), *to, row_.about); }
  CLI::Option* operator()(const Set& set) const {
    return app_.add_flag_callback(row_.name(), set, row_.about);
  }
  CLI::Option* operator()(auto* to) const { return app_.add_option(row_.name(), *to, row_.about); }
  CLI::Option* operator()(std::string* to) const {
    CLI::Option* option = app_.add_option(row_.name(), *to, row_.about);
    return to->empty() ? option : option->capture_default_str();
  }
  CLI::Option* operator()(std::vector<std::string>* to) const {
    CLI::Option* option = app_.add_option(row_.name(), *to, row_.about);
    if (row_.is_positional()) return option;
    // What stands behind its value is no value of it.
    return option->expected(1)->allow_extra_args(false)->multi_option_policy(
        CLI::MultiOptionPolicy::TakeAll);
  }
  CLI::Option* operator()(const NumberWithin& number) const {
    return app_.add_option(row_.name(), *number.to, row_.about)
        ->check(CLI::Range(number.from, number.up_to))
        ->capture_default_str();
  }
  CLI::Option* operator()(const OneOf& one) const {
    const auto take = [one](const std::string& word) {
      one.take(static_cast<std::size_t>(std::ranges::find(one.words, word) - one.words.begin()));
    };
    return app_.add_option_function<std::string>(row_.name(), take, row_.about)
        ->check(CLI::IsMember(one.words));
  }
  // A text that is none is told of where the other checks are.
  CLI::Option* operator()(const Take& take) const {
    return app_
        .add_option_function<std::string>(
            row_.name(), [](const std::string&) {}, row_.about)
        ->check([take](const std::string& text) {
          const auto taken = take(text);
          return taken ? "" : taken.error().text;
        });
  }

 private:
  CLI::App& app_;
  const OptionRow& row_;
};

// CLI11 keeps what excludes an option in the order of addresses, which changes from run to run.
class HelpInOneOrder : public CLI::Formatter {
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text = CLI::Formatter::make_option_opts(option);
    const std::size_t at = text.find(" Excludes:");
    if (at == std::string::npos) return text;
    std::set<std::string> names;
    for (const CLI::Option* other : option->get_excludes()) names.insert(other->get_name());
    text.resize(at);
    text += " Excludes:";
    for (const std::string& name : names) text.append(" ").append(name);
    return text;
  }
};

// Everything that may stand on the command line, and the command that was chosen.
class CommandLine {
 public:
  // `program` is null when only the shapes are wanted. `words`: what was typed; commands that none
  // of them names are left out, where one is named, and else their options, which takes most of the
  // time that it costs to start. No words: all, with theirs.
  explicit CommandLine(const CtlProgram* program, const std::set<std::string_view>& words = {})
      : program_(program), app_(kAbout, "posternctl") {
    app_.formatter(std::make_shared<HelpInOneOrder>());
    app_.footer(kExitCodes);
    app_.require_subcommand(0, 1);
    for (const OptionRow& row : rows_of_all_) RowAdder(app_, row).add();
    if (program != nullptr) app_.set_version_flag("--version", "posternctl " + program->version);
    const auto is_named = [&](const Command* one) { return words.contains(one->name); };
    const bool names_one = std::ranges::any_of(kCommands, is_named);
    for (const Command* command : kCommands) {
      const bool wanted = words.empty() || is_named(command);
      if (names_one && !wanted) continue;
      add(*command, wanted ? command->prepare() : PreparedCommand{});
    }
    add(kHelp, {{{"[COMMAND]", "Default: all of them", &help_topic_}}, {}});
  }

  CLI::App& app() { return app_; }
  // Empty before the command line was read, and when it names no command.
  [[nodiscard]] const RunCommand& chosen() const { return chosen_; }
  // Before context(): what was typed.
  void set_caller(Caller caller) { caller_ = std::move(caller); }
  [[nodiscard]] CommandContext context() const {
    const Output output = json_ ? Output::json : Output::text;
    return {config::absolute_path(settings_file_),
            Console(program_->out, program_->err, output),
            program_->in,
            program_->now,
            program_->terminal,
            program_->colours,
            caller_};
  }
  [[nodiscard]] const std::vector<CommandShape>& shapes() const { return shapes_; }
  // What `help` is to tell about, all of it when that is empty; nothing: something else was said.
  [[nodiscard]] std::optional<std::string> help_topic() const {
    return app_.got_subcommand("help") ? std::optional(help_topic_) : std::nullopt;
  }
  // The options of the command that was chosen, and those in front of it: `--reason`.
  [[nodiscard]] std::vector<std::string> option_names() const;

 private:
  void add(const Command& command, PreparedCommand prepared);

  const CtlProgram* program_;
  std::string settings_file_ = config::default_settings_file();
  bool json_ = false;
  Caller caller_;
  std::string help_topic_;
  const std::vector<OptionRow> rows_of_all_{{"--config FILE", "Settings file", &settings_file_},
                                            {"--json", "Write JSON, for programs", &json_}};
  CLI::App app_;
  std::vector<CommandShape> shapes_;
  RunCommand chosen_;
};

std::vector<std::string> CommandLine::option_names() const {
  std::vector<std::string> names;
  const auto add = [&](const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  };
  add(app_);
  for (const CLI::App* command : app_.get_subcommands()) add(*command);
  return names;
}

void CommandLine::add(const Command& command, PreparedCommand prepared) {
  CLI::App* app = app_.add_subcommand(std::string(command.name), std::string(command.about));
  app->fallthrough();
  app->footer(std::string(command.help));
  for (const OptionRow& row : prepared.options) RowAdder(*app, row).add();
  app->callback([this, run = std::move(prepared.run)] { chosen_ = run; });
  prepared.options.insert(prepared.options.end(), rows_of_all_.begin(), rows_of_all_.end());
  shapes_.push_back(shape_of(command, prepared.options));
}

// The first word that is no option and no value of one in front of the command.
std::string first_word(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--config") {
      ++i;
    } else if (!word.starts_with('-')) {
      return std::string(word);
    }
  }
  return {};
}

// Before the options are read.
Console console_of(const CtlProgram& program) {
  return {program.out, program.err, Output::text};
}

// `help` is the command that names them all.
CtlExit print_unknown(const std::string& what, const std::string& word,
                      const std::vector<std::string>& known, const std::string& help,
                      const Console& console) {
  const auto nearest = nearest_word(word, known);
  console.error("there is no ", what, " '", word, "'",
                nearest ? "; did you mean '" + *nearest + "'? All" : "; all",
                " of them: posternctl ", help);
  return CtlExit::usage;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  names.reserve(kCommands.size() + 1);
  for (const Command* command : kCommands) names.emplace_back(command->name);
  names.emplace_back(kHelp.name);
  return names;
}

CtlExit print_help(CommandLine& line, const std::string& topic, const CtlProgram& program) {
  const auto names = command_names();
  if (topic.empty()) {
    program.out << CommandLine(&program).app().help();  // of one that has read no command
  } else if (std::find(names.begin(), names.end(), topic) == names.end()) {
    return print_unknown("command", topic, names, "help", console_of(program));
  } else {
    program.out << line.app().get_subcommand(topic)->help("posternctl");
  }
  return CtlExit::ok;
}

CtlExit print_parse_error(CommandLine& line, const CLI::ParseError& error,
                          const CtlProgram& program) {
  for (const std::string& word : line.app().remaining(true)) {
    if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || !word.starts_with("--")) break;
    const auto commands = line.app().get_subcommands();
    const std::string help = commands.empty() ? "help" : "help " + commands.front()->get_name();
    return print_unknown("option", word.substr(0, word.find('=')), line.option_names(), help,
                         console_of(program));
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    // `Could not convert: FROM = x`
    const std::string what = error.what();
    console_of(program).error(what.substr(what.find(": ") + 2), ", which is no number");
    return CtlExit::usage;
  }
  // What was typed may have been pasted.
  std::stringstream told;
  if (line.app().exit(error, program.out, told) == 0) return CtlExit::ok;
  for (std::string text; std::getline(told, text);) console_of(program).error_line(text);
  return CtlExit::usage;
}

std::string as_typed(int argc, const char* const* argv) {
  std::string text = "posternctl";
  for (int i = 1; i < argc; ++i) text += " " + for_shell(argv[i]);
  return text;
}

CtlExit run(const CtlProgram& program, int argc, const char* const* argv) {
  CommandLine line(&program, {argv, argv + argc});
  const auto names = command_names();
  const std::string word = first_word(argc, argv);
  if (!word.empty() && std::find(names.begin(), names.end(), word) == names.end()) {
    return print_unknown("command", word, names, "help", console_of(program));
  }
  try {
    line.app().parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return print_parse_error(line, error, program);
  }
  if (const auto topic = line.help_topic()) return print_help(line, *topic, program);
  line.set_caller({program.user, ::getuid(), program.terminal_name, as_typed(argc, argv)});
  if (line.chosen()) return line.chosen()(line.context());
  program.out << kOverview;
  return CtlExit::ok;
}

// Nothing that is thrown gets further.
CtlExit run_safely(const CtlProgram& program, int argc, const char* const* argv) {
  try {
    return run(program, argc, argv);
  } catch (const std::exception& error) {
    console_of(program).error(error.what());
  } catch (...) {
    console_of(program).error("unknown error");
  }
  return CtlExit::failed;
}

CtlExit run_for_program(const CtlProgram& program, int argc, const char* const* argv) {
  JsonBuffer json(program.out.rdbuf());
  std::ostream out(&json);
  std::ostringstream told;
  const CtlExit exit = run_safely({program.version, program.user, program.in, out, told,
                                   program.now, Terminal::none, Colours::no, program.terminal_name},
                                  argc, argv);
  if (exit == CtlExit::ok || json.was_written_to()) {
    program.err << told.str();
  } else {
    out << json_error(told.str(), exit);
  }
  return exit;
}

}  // namespace

std::vector<CommandShape> command_shapes() {
  return CommandLine(nullptr).shapes();
}

int run_command_line(const CtlProgram& program, int argc, const char* const* argv) {
  const bool json = std::any_of(argv + 1, argv + std::max(argc, 1),
                                [](std::string_view word) { return word == "--json"; });
  const CtlExit exit =
      json ? run_for_program(program, argc, argv) : run_safely(program, argc, argv);
  // A reader who has gone, or a full disk: what was asked for was not told.
  return static_cast<int>(program.out.flush() ? exit : CtlExit::failed);
}

}  // namespace postern::ctl

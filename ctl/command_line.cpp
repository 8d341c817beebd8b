#include "ctl/command_line.h"

#include <array>
#include <exception>
#include <ostream>

#include "ctl/command_set.h"

namespace postern {
namespace {

constexpr const char* kAbout =
    "Looks after the Postern daemons: what they do, why, and what they should do.";

constexpr const char* kOverview =
    "posternctl looks after the Postern daemons. At three in the morning:\n"
    "\n"
    "  posternctl status                      is all well, and if not, what\n"
    "  posternctl block phish.example         refuse this sender domain from now on\n"
    "  posternctl unblock phish.example       and take that back\n"
    "  posternctl explain --client 192.0.2.1 --sender a@b.example --recipient c@d.example\n"
    "                                         what would be decided, and why\n"
    "  posternctl rollback                    the rules as they were before the last change\n"
    "  posternctl doctor                      whether Postfix and sendmail are wired to it "
    "rightly\n"
    "\n"
    "All commands: posternctl --help; about one of them: posternctl block --help; posternctl(8)\n";

constexpr const char* kExitCodes =
    "Exit codes:\n"
    "  0  done\n"
    "  1  done, and the answer is no: faults were found, a reload was refused, nothing is there\n"
    "  2  the command line is wrong\n"
    "  3  a daemon could not be asked, or a file not read or written\n"
    "\n"
    "More: posternctl(8), postern-rules(5), postern.yaml(5)";

// All commands, in the order of --help.
constexpr std::array kGroups{add_looking_commands, add_doctor_command,    add_changing_commands,
                             add_list_commands,    add_explain_command,   add_log_commands,
                             add_import_command,   add_completion_command};

// Everything that may stand on the command line, and the command that was chosen.
class CommandLine {
 public:
  // `program` is null when only the shapes are wanted.
  explicit CommandLine(const CtlProgram* program)
      : program_(program),
        app_(kAbout, "posternctl"),
        commands_(app_, program == nullptr ? "" : program->user) {
    app_.footer(kExitCodes);
    app_.require_subcommand(0, 1);
    app_.add_option("--config", settings_file_, "Settings file")
        ->type_name("FILE")
        ->capture_default_str();
    app_.add_flag("--json", json_, "Write JSON, for programs");
    if (program != nullptr) app_.set_version_flag("--version", "posternctl " + program->version);
    for (const auto add_group : kGroups) add_group(commands_);
  }

  CLI::App& app() { return app_; }
  [[nodiscard]] const CommandSet::Run& chosen() const { return commands_.chosen(); }
  [[nodiscard]] CommandContext context() const {
    return {settings_file_, json_ ? Output::json : Output::text,
            program_->in,   program_->out,
            program_->err,  program_->now};
  }
  [[nodiscard]] std::vector<CommandShape> shapes() const;

 private:
  const CtlProgram* program_;
  std::string settings_file_ = "/etc/postern/postern.yaml";
  bool json_ = false;
  CLI::App app_;
  CommandSet commands_;
};

// What CLI11 shows of IsMember: `{yes,no}`.
std::vector<std::string> choices_of(const CLI::Option& option) {
  std::string text = option.get_type_name();
  const std::size_t open = text.find('{');
  if (open == std::string::npos || !text.ends_with('}')) return {};
  return CLI::detail::split(text.substr(open + 1, text.size() - open - 2), ',');
}

bool takes_file(const CLI::Option& option) {
  return option.get_type_name() == "FILE" || option.get_type_name() == "FOLDER";
}

OptionShape shape_of(const CLI::Option& option) {
  return {option.get_name(), option.get_description(), option.get_type_size() > 0,
          takes_file(option), choices_of(option)};
}

std::vector<CommandShape> CommandLine::shapes() const {
  std::vector<CommandShape> shapes;
  for (const CLI::App* command : app_.get_subcommands([](const CLI::App*) { return true; })) {
    CommandShape shape{command->get_name(), command->get_description(), {}, false, {}};
    for (const CLI::Option* option : command->get_options()) {
      if (!option->get_positional()) {
        shape.options.push_back(shape_of(*option));
        shape.options.back().name = "--" + option->get_lnames().front();
        continue;
      }
      shape.takes_files |= option->get_name() == "FILE";
      for (const std::string& choice : choices_of(*option)) shape.choices.push_back(choice);
    }
    for (const char* name : {"--config", "--json"}) {
      shape.options.push_back(shape_of(*app_.get_option(name)));
    }
    shapes.push_back(std::move(shape));
  }
  return shapes;
}

CtlExit run(const CtlProgram& program, int argc, const char* const* argv) {
  CommandLine line(&program);
  try {
    line.app().parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return line.app().exit(error, program.out, program.err) == 0 ? CtlExit::ok : CtlExit::usage;
  }
  if (line.chosen()) return line.chosen()(line.context());
  program.out << kOverview;
  return CtlExit::ok;
}

}  // namespace

std::vector<CommandShape> command_shapes() {
  return CommandLine(nullptr).shapes();
}

int run_command_line(const CtlProgram& program, int argc, const char* const* argv) {
  try {
    const CtlExit exit = run(program, argc, argv);
    // A reader who has gone, or a full disk: what was asked for was not told.
    if (!program.out.flush()) return static_cast<int>(CtlExit::failed);
    return static_cast<int>(exit);
  } catch (const std::exception& error) {
    program.err << "posternctl: " << error.what() << "\n";
  } catch (...) {
    program.err << "posternctl: unknown error\n";
  }
  return static_cast<int>(CtlExit::failed);
}

}  // namespace postern

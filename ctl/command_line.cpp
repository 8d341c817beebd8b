#include "ctl/command_line.h"

#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <ostream>

#include "common/duration.h"
#include "ctl/block.h"
#include "ctl/cache.h"
#include "ctl/check.h"
#include "ctl/explain.h"
#include "ctl/import.h"
#include "ctl/reload.h"
#include "ctl/rollback.h"
#include "ctl/rules.h"
#include "ctl/status.h"

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

using Run = std::function<CtlExit(const CommandContext&)>;

// Everything that may stand on the command line, and the command that was chosen.
class CommandLine {
 public:
  explicit CommandLine(const CtlProgram* program) : program_(program), app_(kAbout, "posternctl") {
    app_.footer(kExitCodes);
    app_.require_subcommand(0, 1);
    app_.add_option("--config", settings_file_, "Settings file")
        ->type_name("FILE")
        ->capture_default_str();
    app_.add_flag("--json", json_, "Write JSON, for programs");
    if (program != nullptr) app_.set_version_flag("--version", "posternctl " + program->version);
    add_looking();
    add_changing();
    add_lists();
    add_explain();
    add_import();
    add_completion();
  }

  CLI::App& app() { return app_; }
  [[nodiscard]] const Run& chosen() const { return chosen_; }
  [[nodiscard]] CommandContext context() const {
    return {settings_file_, json_ ? Output::json : Output::text,
            program_->in,   program_->out,
            program_->err,  program_->now};
  }
  [[nodiscard]] std::vector<CommandShape> shapes() const;

 private:
  template <class Options>
  struct Command {
    CLI::App* app;
    std::shared_ptr<Options> options;
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

  void add_looking();
  void add_changing();
  void add_lists();
  void add_allow();
  void add_explain();
  void add_import();
  void add_completion();
  void add_entry_options(CLI::App* command, const std::shared_ptr<EntryOptions>& options) const;

  const CtlProgram* program_;  // null: only the shapes are wanted
  std::string settings_file_ = "/etc/postern/postern.yaml";
  bool json_ = false;
  Run chosen_;
  CLI::App app_;
};

void CommandLine::add_looking() {
  auto status = add<StatusOptions>(
      "status", "Says how the daemons are doing, and first what is wrong",
      "Example:\n"
      "  posternctl status\n"
      "Says which generation of the rules each daemon has in force and since when, how the last\n"
      "reload ended, connections, cache and name servers; and whether the daemons differ from "
      "each\n"
      "other or from the files on disk. Writes nothing. 1: something is wrong; 3: one is silent.",
      run_status);
  auto check = add<CheckOptions>(
      "check", "Finds everything that is wrong with settings, rules and lists",
      "Examples:\n"
      "  posternctl check                 what is installed\n"
      "  posternctl check new-rules.yaml  a rule file before it is put in place\n"
      "Needs no daemon and no DNS, and writes nothing. Notes are what is odd but no fault: "
      "entries\n"
      "that are there twice, that others cover, that have expired. 1: there are errors.",
      run_check);
  check.app->add_option("FILE", check.options->files,
                        "Rule or settings files, in the place of the installed ones");
  auto rules = add<RulesOptions>(
      "rules", "Says how often rules and list entries have hit",
      "Examples:\n"
      "  posternctl rules                          every rule, both daemons together\n"
      "  posternctl rules --list campaign          the entries that hit\n"
      "  posternctl rules --list campaign --never  and those that could go\n"
      "Counts since the daemons started. Writes nothing.",
      run_rules);
  auto* list = rules.app->add_option("--list", rules.options->list, "The entries of this list");
  list->type_name("NAME");
  rules.app->add_flag("--never", rules.options->never, "Those that never hit")->needs(list);
  auto cache = add<CacheOptions>(
      "cache", "Shows the DNS answers that are kept for a name, or forgets them",
      "Examples:\n"
      "  posternctl cache partner.example\n"
      "  posternctl cache --flush partner.example   their DNS is mended: ask again\n"
      "Asks both daemons. Writes no file. 1: nothing is kept.",
      run_cache);
  cache.app->add_option("NAME", cache.options->name, "A domain or host name")->required();
  cache.app->add_flag("--flush", cache.options->flush, "Forget them");
}

void CommandLine::add_changing() {
  auto reload = add<ReloadOptions>(
      "reload", "Has the daemons read settings, rules and lists again",
      "Example:\n"
      "  posternctl reload\n"
      "The daemons take changed files by themselves; this says what became of them. Writes\n"
      "nothing. 1: refused; the rules from before stay in force.",
      run_reload);
  reload.app->add_flag_callback(
      "--accept-shrunk", [options = reload.options] { options->shrunk = ShrunkLists::accept; },
      "Also lists that lost more than half of their entries");
  auto rollback = add<RollbackOptions>(
      "rollback", "Puts the rule and list files of an earlier generation back",
      "Examples:\n"
      "  posternctl rollback --list       what there was, and what each changed\n"
      "  posternctl rollback --dry-run    what would change\n"
      "  posternctl rollback              to the generation before the one that runs\n"
      "  posternctl rollback 11\n"
      "Writes over the rule file and its lists, those that differ, and reloads. What is in no\n"
      "generation is kept as FILE.before-rollback. The settings stay.",
      run_rollback);
  rollback.app->add_option("NUMBER", rollback.options->generation, "A generation of --list");
  rollback.app->add_flag("--list", rollback.options->list, "Say which there are, and do nothing");
  rollback.app->add_flag("--dry-run", rollback.options->dry_run, "Say what would change");
}

void CommandLine::add_entry_options(CLI::App* command,
                                    const std::shared_ptr<EntryOptions>& options) const {
  if (program_ != nullptr) options->owner = program_->user;
  command
      ->add_option_function<std::string>(
          "--for",
          [options](const std::string& text) { options->lasts = parse_duration(text).value(); },
          "Until then only: 90m, 12h, 7d")
      ->type_name("TIME")
      ->check([](const std::string& text) {
        const auto duration = parse_duration(text);
        if (!duration) return duration.error().text;
        return *duration > std::chrono::seconds{0} ? "" : std::string("want more than 0s");
      });
  command->add_option("--reason", options->reason, "Written beside it, and into the log")
      ->type_name("TEXT");
  command->add_flag("--force", options->force, "Also what is very broad, or a popular domain");
  command->add_flag("--dry-run", options->dry_run, "Say what would be written");
}

void CommandLine::add_lists() {
  auto block = add<BlockOptions>(
      "block", "Puts an entry into a list by which mail is refused",
      "Examples:\n"
      "  posternctl block phish.example --reason 'ticket 4711' --for 7d\n"
      "  posternctl block .phish.example            and all names below\n"
      "  posternctl block emalsrv.* --discard       accept, and deliver to nobody\n"
      "Writes one line to the file of the list, as you would, has the daemons take it, and says\n"
      "since which generation it is in force. 1: refused, nothing is written; 3: written, but a\n"
      "daemon was not reached.",
      run_block);
  block.app->add_option("VALUE", block.options->value, "As in a list: a domain, pattern, network")
      ->required();
  block.app->add_option("--list", block.options->list, "Default: campaign")->type_name("NAME");
  block.app->add_flag("--discard", block.options->discard,
                      "Accept such mail and deliver it to nobody");
  add_entry_options(block.app, block.options);
  auto unblock = add<UnblockOptions>("unblock", "Takes an entry out of a list again",
                                     "Examples:\n"
                                     "  posternctl unblock phish.example\n"
                                     "  posternctl unblock 192.0.2.7 --list trusted\n"
                                     "Removes the line from the file of the list and has the "
                                     "daemons take it. 1: it is not there,\n"
                                     "or another entry refuses the same; it is named.",
                                     run_unblock);
  unblock.app->add_option("VALUE", unblock.options->value, "As it stands in the list")->required();
  unblock.app->add_option("--list", unblock.options->list, "Default: campaign")->type_name("NAME");
  unblock.app->add_flag("--dry-run", unblock.options->dry_run, "Say what would be written");
  add_allow();
}

void CommandLine::add_allow() {
  auto allow = add<AllowOptions>(
      "allow", "Puts an entry into a list by which mail passes",
      "Examples:\n"
      "  posternctl allow 192.0.2.7 --reason 'partner, ticket 4712'\n"
      "  posternctl allow 192.0.2.7 --check sender_mx --for 30d\n"
      "                                   only this check is skipped: their MX is broken\n"
      "Writes one line to the file of the list, has the daemons take it, and says since which\n"
      "generation it is in force. To take it back: posternctl unblock VALUE --list NAME.",
      run_allow);
  allow.app->add_option("VALUE", allow.options->value, "A client, a domain or an address")
      ->required();
  allow.app->add_option("--check", allow.options->check, "Only skip this: a check, or a rule")
      ->type_name("NAME");
  allow.app->add_option("--list", allow.options->list, "Default: the one that does it")
      ->type_name("NAME");
  add_entry_options(allow.app, allow.options);
}

void CommandLine::add_explain() {
  auto explain = add<ExplainOptions>(
      "explain", "Says what would be decided about a mail, and why",
      "Examples:\n"
      "  posternctl explain --client 192.0.2.1 --sender a@b.example --recipient c@d.example\n"
      "  grep 4F2kz mail.log | posternctl explain --from-log -\n"
      "Judges by the rules that run, with the daemon's own DNS answers. Writes nothing.",
      run_explain);
  CLI::App& app = *explain.app;
  const auto options = explain.options;
  app.add_option("--client", options->client, "Address of the client")->type_name("ADDRESS");
  app.add_option("--client-name", options->client_name, "Its verified name")->type_name("NAME");
  app.add_option("--reverse-client-name", options->reverse_client_name, "Its PTR name")
      ->type_name("NAME");
  app.add_option("--helo", options->helo, "What it says at HELO")->type_name("NAME");
  app.add_option("--sender", options->sender, "Envelope sender; <> is the null sender")
      ->type_name("ADDRESS");
  app.add_option("--recipient", options->recipients,
                 "Envelope recipient; several times for several")
      ->type_name("ADDRESS")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--sasl-username", options->sasl_username, "Authenticated as")->type_name("NAME");
  app.add_option("--header", options->headers, "'Subject: text'; several times for several")
      ->type_name("LINE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option_function<std::string>(
         "--tls", [options](const std::string& word) { options->tls = word == "yes"; },
         "Whether the session is encrypted")
      ->check(CLI::IsMember({"yes", "no"}));
  app.add_option("--stage", options->stage, "Default: the last one that something is told of")
      ->check(CLI::IsMember({"connect", "helo", "mail", "rcpt", "data", "eom"}));
  const auto from = [options](ExplainOptions::From kind) {
    return [options, kind](const std::string& file) {
      options->from = kind;
      options->file = file;
    };
  };
  auto* request = app.add_option_function<std::string>(
      "--from-request", from(ExplainOptions::From::policy_request),
      "All of it from a policy request; - is standard input");
  auto* log = app.add_option_function<std::string>(
      "--from-log", from(ExplainOptions::From::log_line),
      "All of it from a decision line of the log; - is standard input");
  request->type_name("FILE")->excludes(log);
  log->type_name("FILE");
  auto* files = app.add_flag_callback(
      "--files", [options] { options->rules = ExplainOptions::Rules::files; },
      "By the files on disk, and not by what runs");
  app.add_option_function<std::uint64_t>(
         "--generation",
         [options](std::uint64_t number) {
           options->rules = ExplainOptions::Rules::generation;
           options->generation = number;
         },
         "By a generation of posternctl rollback --list")
      ->type_name("NUMBER")
      ->excludes(files);
  app.add_option_function<std::string>(
         "--dns",
         [options](const std::string& word) {
           options->dns = word == "own"    ? ExplainOptions::Dns::own
                          : word == "none" ? ExplainOptions::Dns::none
                                           : ExplainOptions::Dns::daemon;
         },
         "Who is asked about DNS; none: all of it fails for now")
      ->check(CLI::IsMember({"daemon", "own", "none"}));
}

void CommandLine::add_import() {
  auto import = add<ImportOptions>(
      "import", "Makes lists and rules of the tables of other programs",
      "Examples:\n"
      "  posternctl import /etc/postfix/sender_access\n"
      "  posternctl import access --format sendmail-access --into /tmp/imported\n"
      "Writes to standard output, or into the folder of --into, and never into the configuration.\n"
      "1: a line cannot be expressed; it is named.",
      run_import);
  CLI::App& app = *import.app;
  app.add_option("FILE", import.options->file, "The table; - is standard input")->required();
  app.add_option("--format", import.options->format, "Default: guessed, and said")
      ->check(CLI::IsMember(import_formats()));
  app.add_option("--into", import.options->into, "Folder for rules.yaml and lists/")
      ->type_name("FOLDER");
  app.add_option("--name", import.options->name, "Of the lists and rules; default: the file's")
      ->type_name("NAME");
  app.add_option("--about", import.options->about,
                 "What the keys are: client, helo, sender_domain, ...")
      ->type_name("CONDITION");
  app.add_option("--then", import.options->then, "The action, where the table has none")
      ->type_name("ACTION");
}

struct CompletionOptions {
  std::string shell;
};

CtlExit run_completion(const CompletionOptions& options, const CommandContext& context) {
  const Shell shell = options.shell == "zsh"    ? Shell::zsh
                      : options.shell == "fish" ? Shell::fish
                                                : Shell::bash;
  context.out << completion_script(shell, command_shapes());
  return CtlExit::ok;
}

void CommandLine::add_completion() {
  auto completion = add<CompletionOptions>(
      "completion", "Writes a completion script for a shell to standard output",
      "Example:\n"
      "  posternctl completion bash >/etc/bash_completion.d/posternctl",
      run_completion);
  completion.app->add_option("SHELL", completion.options->shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

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

#include <algorithm>

#include "ctl/command_set.h"
#include "ctl/explain/explain.h"

namespace postern::ctl {
namespace {

CLI::Option* add_attribute(CLI::App& app, const AttributeInfo& info,
                           const std::shared_ptr<ExplainOptions>& options) {
  std::string name = "--" + std::string(info.word);
  std::replace(name.begin(), name.end(), '_', '-');
  const std::string help(info.about);
  const auto add_several = [&](std::vector<std::string>& texts) {
    return app.add_option(name, texts, help + "; several times for several")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  if (info.attribute == Attribute::recipient) return add_several(options->recipients);
  if (info.attribute == Attribute::header) return add_several(options->headers);
  return app.add_option_function<std::string>(
      name,
      [options, attribute = info.attribute](const std::string& text) {
        options->told[attribute] = text;
      },
      help);
}

void add_mail(CLI::App& app, const std::shared_ptr<ExplainOptions>& options) {
  for (const AttributeInfo& info : attributes()) {
    if (info.told_with != info.attribute) continue;
    CLI::Option* option = add_attribute(app, info, options);
    if (info.attribute == Attribute::tls) {
      option->check(CLI::IsMember({"yes", "no"}));
    } else {
      option->type_name(std::string(info.option_type));
    }
  }
  app.add_option("--stage", options->stage, "Default: the last one that something is told of")
      ->check(CLI::IsMember({"connect", "helo", "mail", "rcpt", "data", "eom"}));
}

void add_sources(CLI::App& app, const std::shared_ptr<ExplainOptions>& options) {
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
      "--from-log", from(ExplainOptions::From::log_lines),
      "All of it from decision lines of the log; - is standard input");
  request->type_name("FILE")->excludes(log);
  log->type_name("FILE");
}

void add_rules_and_facts(CLI::App& app, const std::shared_ptr<ExplainOptions>& options) {
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

}  // namespace

void add_explain_command(CommandSet& commands) {
  auto explain = commands.add<ExplainOptions>(
      "explain", "Says what would be decided about a mail, and why",
      "Examples:\n"
      "  posternctl explain --client 192.0.2.1 --sender a@b.example --recipient c@d.example\n"
      "  grep 4F2kz mail.log | posternctl explain --from-log -\n"
      "Judges by the rules that run, with the daemon's own DNS answers. Writes nothing.",
      run_explain);
  add_mail(*explain.app, explain.options);
  add_sources(*explain.app, explain.options);
  add_rules_and_facts(*explain.app, explain.options);
}

}  // namespace postern::ctl

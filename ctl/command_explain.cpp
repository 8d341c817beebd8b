#include "ctl/command_set.h"
#include "ctl/explain/explain.h"

namespace postern::ctl {
namespace {

void add_mail(CLI::App& app, const std::shared_ptr<ExplainOptions>& options) {
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

#include "ctl/explain/explainer.h"

namespace postern::ctl {
namespace {

// The one that is explained first: the door that the transaction came through, else the one that is
// told most.
std::vector<Door> doors_in_order(const config::Settings& settings, const TransactionInput& input) {
  const DoorSet installed = config::doors_of(settings);
  const Door first =
      input.door && installed.contains(*input.door) ? *input.door : widest_target(settings).door;
  std::vector<Door> doors{first};
  const Door other = first == Door::milter ? Door::policy : Door::milter;
  if (installed.contains(other)) doors.push_back(other);
  return doors;
}

std::unique_ptr<DnsSource> dns_source_for(const ExplainOptions& options,
                                          const config::Settings& settings,
                                          const std::optional<DaemonAnswer>& running,
                                          std::vector<std::string>& notes) {
  const auto deadline = settings.decision.deadline;
  switch (options.dns) {
    case ExplainOptions::Dns::none:
      notes.emplace_back("DNS is not asked: every question counts as a temporary failure");
      return no_facts();
    case ExplainOptions::Dns::daemon:
      if (running) return facts_of_daemon(running->daemon, deadline);
      notes.emplace_back("no daemon answers: DNS is asked by posternctl itself");
      break;
    case ExplainOptions::Dns::own:
      break;
  }
  return facts_of_resolver(settings.dns, deadline);
}

}  // namespace

Result<ExplanationPage> Explainer::explain(TransactionInput input) {
  const std::vector<Door> doors = doors_in_order(settings_, input);
  const auto rules = rules_for(doors);
  if (!rules) return tl::unexpected(rules.error());
  ExplainTask task{std::move(input), rules->doors, settings_.milter,
                   rules->what,      rules->notes, context_.settings_file};
  const std::optional<DaemonAnswer>& running = running_[doors.front()];
  const auto source = dns_source_for(options_, settings_, running, task.notes);
  Evaluator evaluator(
      *source, context_.now,
      StoreReader(settings_, running ? std::optional(running->daemon) : std::nullopt));
  return explain_transaction(task, evaluator);
}

Result<ChosenRules> Explainer::rules_for(const std::vector<Door>& doors) {
  const Door first = doors.front();
  if (const auto known = rules_.find(first); known != rules_.end()) return known->second;
  const bool ask =
      options_.rules != ExplainOptions::Rules::files || options_.dns == ExplainOptions::Dns::daemon;
  if (ask) running_[first] = ask_status(settings_, first, print_waiting(context_.console));
  auto chosen = choose_rules(options_, settings_, doors, running_[first]);
  if (chosen) rules_.emplace(first, *chosen);
  return chosen;
}

CtlExit print_failure(const CommandContext& context, CtlExit exit, const std::string& error) {
  if (error.ends_with('\n')) {  // diagnostics, which are escaped already
    context.console.problems(std::string(Console::kProgram) + error);
  } else {
    context.console.error(error);
  }
  return exit;
}

}  // namespace postern::ctl

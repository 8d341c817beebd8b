#include "ctl/explain.h"

#include <istream>
#include <ostream>

#include "common/escape.h"
#include "ctl/explain_rules.h"
#include "ctl/explanation_json.h"
#include "ctl/explanation_text.h"
#include "ctl/installation.h"
#include "ctl/log_file.h"

namespace postern {
namespace {

constexpr std::size_t kMaxInput = std::size_t{1} << 20;

Result<std::string> read_bounded(std::istream& in, const std::string& name) {
  std::string text(kMaxInput + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) return failure("cannot read " + name);
  if (text.size() > kMaxInput) return failure(name + " is longer than a request or a line can be");
  return text;
}

Result<std::string> read_input(const ExplainOptions& options, std::istream& standard_input) {
  if (options.file == "-") return read_bounded(standard_input, "standard input");
  const auto file = open_log(options.file);
  if (!file) return failure("cannot open " + options.file);
  return read_bounded(*file, options.file);
}

Result<TransactionInput> read_transaction(const ExplainOptions& options, std::istream& in) {
  if (options.from == ExplainOptions::From::options) return transaction_from_options(options);
  const auto text = read_input(options, in);
  if (!text) return tl::unexpected(text.error());
  return options.from == ExplainOptions::From::policy_request ? transaction_from_request(*text)
                                                              : transaction_from_log(*text);
}

// The one that is explained first: the door that the transaction came through, else the one that is
// told most.
std::vector<Door> doors_in_order(const Settings& settings, const TransactionInput& input) {
  const DoorSet installed = doors_of(settings);
  const Door first =
      input.door && installed.contains(*input.door) ? *input.door : widest_door(settings);
  std::vector<Door> doors{first};
  const Door other = first == Door::milter ? Door::policy : Door::milter;
  if (installed.contains(other)) doors.push_back(other);
  return doors;
}

std::unique_ptr<FactFinder> finder_for(const ExplainOptions& options, const Settings& settings,
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

CtlExit fail(const CommandContext& context, CtlExit exit, const std::string& error) {
  const bool lines = error.ends_with('\n');  // diagnostics are escaped already
  context.err << "posternctl: " << (lines ? error : printable(error) + "\n");
  return exit;
}

}  // namespace

CtlExit run_explain(const ExplainOptions& options, const CommandContext& context) {
  auto input = read_transaction(options, context.in);
  if (!input) return fail(context, CtlExit::usage, input.error().text);
  const auto settings = settings_for(context);
  if (!settings) return CtlExit::failed;
  const std::vector<Door> doors = doors_in_order(*settings, *input);
  const bool ask =
      options.rules != ExplainOptions::Rules::files || options.dns == ExplainOptions::Dns::daemon;
  const auto running = ask ? ask_status(*settings, doors.front()) : std::nullopt;
  auto rules = choose_rules(options, *settings, doors, running);
  if (!rules) return fail(context, CtlExit::failed, rules.error().text);

  ExplainTask task{std::move(*input),      std::move(rules->doors), settings->milter,
                   std::move(rules->what), std::move(rules->notes), context.settings_file};
  const auto finder = finder_for(options, *settings, running, task.notes);
  Judge judge(*finder, context.now);
  const ExplanationPage page = explain_transaction(task, judge);
  if (context.output == Output::json) {
    context.out << boost::json::serialize(explanation_json(page)) << "\n";
  } else {
    context.out << explanation_text(page);
  }
  return CtlExit::ok;
}

}  // namespace postern

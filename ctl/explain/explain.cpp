#include "ctl/explain/explain.h"

#include <algorithm>
#include <istream>
#include <map>
#include <ostream>

#include "ctl/cli/installation.h"
#include "ctl/explain/explain_rules.h"
#include "ctl/explain/explanation_page.h"
#include "ctl/log/line_stream.h"

namespace postern::ctl {
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

Result<LoggedTransactions> read_transactions(const ExplainOptions& options, std::istream& in) {
  const auto alone = [](TransactionInput input) {
    LoggedTransactions one;
    one.inputs.push_back(std::move(input));
    return one;
  };
  if (options.from == ExplainOptions::From::options) {
    return transaction_from_options(options).map(alone);
  }
  const auto text = read_input(options, in);
  if (!text) return tl::unexpected(text.error());
  if (options.from == ExplainOptions::From::log_lines) return transactions_from_log(*text);
  return transaction_from_request(*text).map(alone);
}

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

CtlExit fail(const CommandContext& context, CtlExit exit, const std::string& error) {
  if (error.ends_with('\n')) {  // diagnostics, which are escaped already
    context.console.problems(std::string(Console::kProgram) + error);
  } else {
    context.console.error(error);
  }
  return exit;
}

// Explains one transaction after the other, by the same settings, rules and answers of a daemon.
class Explainer {
 public:
  Explainer(const ExplainOptions& options, const CommandContext& context)
      : options_(options), context_(context), settings_(settings_in_use(context).settings) {}

  Result<ExplanationPage> explain(TransactionInput input) {
    const std::vector<Door> doors = doors_in_order(settings_, input);
    const auto rules = rules_for(doors);
    if (!rules) return tl::unexpected(rules.error());
    ExplainTask task{std::move(input), rules->doors, settings_.milter,
                     rules->what,      rules->notes, context_.settings_file};
    const auto source = dns_source_for(options_, settings_, running_[doors.front()], task.notes);
    Evaluator evaluator(*source, context_.now);
    return explain_transaction(task, evaluator);
  }

 private:
  Result<ChosenRules> rules_for(const std::vector<Door>& doors) {
    const Door first = doors.front();
    if (const auto known = rules_.find(first); known != rules_.end()) return known->second;
    const bool ask = options_.rules != ExplainOptions::Rules::files ||
                     options_.dns == ExplainOptions::Dns::daemon;
    if (ask) running_[first] = ask_status(settings_, first, print_waiting(context_.console));
    auto chosen = choose_rules(options_, settings_, doors, running_[first]);
    if (chosen) rules_.emplace(first, *chosen);
    return chosen;
  }

  const ExplainOptions& options_;
  const CommandContext& context_;
  const config::Settings settings_;
  // By the door that is explained:
  std::map<Door, std::optional<DaemonAnswer>> running_;
  std::map<Door, ChosenRules> rules_;
};

boost::json::object json_of(const std::vector<ExplanationPage>& pages) {
  if (pages.size() == 1) return explanation_json(pages.front());
  boost::json::array all;
  for (const ExplanationPage& page : pages) all.push_back(explanation_json(page));
  return {{"explanations", std::move(all)}};
}

void print(const std::vector<ExplanationPage>& pages, const CommandContext& context) {
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (i > 0) context.console.line();
    if (pages.size() > 1) {
      context.console.line("##### decision ", i + 1, " of ", pages.size());
      context.console.line();
    }
    context.console.page(explanation_text(pages[i]));
  }
}

CtlExit run_explain(const ExplainOptions& options, const CommandContext& context) {
  auto read = read_transactions(options, context.in);
  if (!read) return fail(context, CtlExit::usage, read.error().text);
  for (const std::string& fault : read->faults) fail(context, CtlExit::usage, fault);
  Explainer explainer(options, context);
  std::vector<ExplanationPage> pages;
  for (TransactionInput& input : read->inputs) {
    auto page = explainer.explain(std::move(input));
    if (!page) return fail(context, CtlExit::failed, page.error().text);
    pages.push_back(std::move(*page));
  }
  if (context.console.is_json()) {
    context.console.json(json_of(pages));
  } else {
    print(pages, context);
  }
  return read->faults.empty() ? CtlExit::ok : CtlExit::usage;
}

OptionTarget target_of(const AttributeInfo& info, ExplainOptions& to) {
  if (info.attribute == Attribute::recipient) return &to.recipients;
  if (info.attribute == Attribute::header) return &to.headers;
  if (info.attribute == Attribute::tls) return one_of(to.told[Attribute::tls], {"yes", "no"});
  return [&to, attribute = info.attribute](const std::string& text) -> Result<void> {
    to.told[attribute] = text;
    return {};
  };
}

std::vector<OptionRow> attribute_options(ExplainOptions& to) {
  std::vector<OptionRow> rows;
  for (const AttributeInfo& info : attributes()) {
    if (info.told_with != info.attribute) continue;
    OptionRow row{"--" + std::string(info.word), std::string(info.about), target_of(info, to)};
    std::replace(row.words.begin(), row.words.end(), '_', '-');
    if (row.choices().empty()) row.words += " " + std::string(info.option_type);
    if (std::holds_alternative<std::vector<std::string>*>(row.to))
      row.about += "; several times for several";
    rows.push_back(std::move(row));
  }
  return rows;
}

// The transaction is in a file.
Take from_file(ExplainOptions& to, ExplainOptions::From kind) {
  return [&to, kind](const std::string& file) -> Result<void> {
    to.from = kind;
    to.file = file;
    return {};
  };
}

std::vector<OptionRow> explain_options(ExplainOptions& to) {
  using From = ExplainOptions::From;
  using Dns = ExplainOptions::Dns;
  std::vector<OptionRow> rows = attribute_options(to);
  rows.insert(
      rows.end(),
      {{"--stage", "Default: the last one that something is told of",
        one_of(to.stage, {"connect", "helo", "mail", "rcpt", "data", "eom"})},
       {"--from-request FILE", "All of it from a policy request; - is standard input",
        from_file(to, From::policy_request)},
       {"--from-log FILE",
        "All of it from decision lines of the log; - is standard input",
        from_file(to, From::log_lines),
        {.excludes = {"--from-request"}}},
       {"--files", "By the files on disk, and not by what runs",
        set(to.rules, ExplainOptions::Rules::files)},
       {"--generation NUMBER",
        "By a generation of posternctl rollback --list",
        &to.generation,
        {.excludes = {"--files"}}},
       {"--dns", "Who is asked about DNS; none: all of it fails for now",
        one_of(to.dns, {{"daemon", Dns::daemon}, {"own", Dns::own}, {"none", Dns::none}})}});
  return rows;
}

}  // namespace

extern const Command kExplainCommand{
    "explain", "Says what would be decided about a mail, and why",
    "Examples:\n"
    "  posternctl explain --client 192.0.2.1 --sender a@b.example --recipient c@d.example\n"
    "  grep 4F2kz mail.log | posternctl explain --from-log -\n"
    "Judges by the rules that run, with the daemon's own DNS answers. Writes nothing.",
    prepare<explain_options, run_explain>};

}  // namespace postern::ctl

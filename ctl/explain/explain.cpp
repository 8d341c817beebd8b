#include "ctl/explain/explain.h"

#include <algorithm>
#include <istream>
#include <ostream>

#include "common/os/unpacked_file.h"
#include "ctl/cli/bounded_text.h"
#include "ctl/explain/explainer.h"

namespace postern::ctl {
namespace {

// A request or a line is shorter.
constexpr std::size_t kMaxMib = 1;

Result<std::string> read_input(const ExplainOptions& options, std::istream& standard_input) {
  if (options.file == "-") return read_bounded(standard_input, kMaxMib, "standard input");
  const auto file = os::open_unpacked(options.file);
  if (!file) return failure("cannot open " + options.file);
  return read_bounded(*file, kMaxMib, options.file);
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
  if (!read) return print_failure(context, CtlExit::usage, read.error().text);
  for (const std::string& fault : read->faults) print_failure(context, CtlExit::usage, fault);
  Explainer explainer(options, context);
  std::vector<ExplanationPage> pages;
  for (TransactionInput& input : read->inputs) {
    auto page = explainer.explain(std::move(input));
    if (!page) return print_failure(context, CtlExit::failed, page.error().text);
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
       {"--generation GENERATION",
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

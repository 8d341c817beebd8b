// `posternctl why`: why a mail was refused, from whatever somebody has of it.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>

#include "common/os/unpacked_file.h"
#include "ctl/cli/bounded_text.h"
#include "ctl/explain/explainer.h"
#include "ctl/why/clues.h"
#include "ctl/why/decision_logs.h"
#include "ctl/why/why_answer.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kMaxClueMib = 4;

struct WhyOptions {
  std::vector<std::string> clues;  // texts, names of files, `-`; none: standard input
  std::vector<std::string> logs;
  // What the clue does not say.
  std::map<Attribute, std::string> told;
  ExplainOptions now;  // by which rules and facts it is judged now
};

// One word that names nothing of what logs have ids for: a path, an address, a name.
bool is_no_id(const std::string& word) {
  // Postfix has dots in an instance, between numbers.
  const bool dotted = word.find_first_not_of("0123456789abcdef.") != std::string::npos &&
                      word.find('.') != std::string::npos;
  const bool one_word = word.find_first_of(" \t\n") == std::string::npos;
  return one_word && (dotted || word.find_first_of("/@") != std::string::npos ||
                      IpAddress::parse(word).has_value());
}

// The text that a word of the command line is, or names.
Result<std::string> text_named(const std::string& word, const CommandContext& context) {
  if (word == "-") return read_bounded(context.in, kMaxClueMib, "standard input");
  std::error_code error;
  if (!std::filesystem::is_regular_file(word, error)) {
    if (is_no_id(word))
      return failure("found '" + word +
                     "', which is no file and no id; want a queue id, a token, a line of a log, or "
                     "a file with a bounce or a mail");
    return word;
  }
  const auto file = os::open_unpacked(word);
  if (!file) return failure("cannot open " + word);
  return read_bounded(*file, kMaxClueMib, word);
}

Result<std::vector<Clue>> read_clues(const WhyOptions& options, const LogCalendar& calendar,
                                     const CommandContext& context) {
  if (options.clues.empty()) {
    if (context.terminal == Terminal::both_ways) {
      context.console.note("paste it here, then press Ctrl-D on a line of its own");
    }
    const auto text = read_bounded(context.in, kMaxClueMib, "standard input");
    if (!text) return tl::unexpected(text.error());
    return clues_of(*text, calendar);
  }
  // A line that was pasted without quotes.
  std::string joined;
  for (const std::string& word : options.clues) joined += (joined.empty() ? "" : " ") + word;
  if (auto clues = clues_of_lines(joined, calendar); !clues.empty()) return clues;
  std::vector<Clue> all;
  for (const std::string& word : options.clues) {
    const auto text = text_named(word, context);
    if (!text) return tl::unexpected(text.error());
    auto clues = clues_of(*text, calendar);
    if (!clues) return failure(word + ": " + clues.error().text);
    std::move(clues->begin(), clues->end(), std::back_inserter(all));
  }
  return all;
}

void add_told(const WhyOptions& options, Clue& clue) {
  for (const auto& [attribute, text] : options.told) {
    if (attribute == Attribute::helo) clue.helo = text;
    if (attribute == Attribute::sender) clue.senders = {text == "<>" ? "" : text};
    if (attribute == Attribute::recipient) clue.recipients = {text};
    if (attribute != Attribute::client) continue;
    if (const auto address = IpAddress::parse(text)) clue.client = *address;
  }
}

// Adds to clues what lines of an MTA say about the same queue id. Whether there was something.
bool complete(std::vector<Clue>& clues, const std::vector<std::string>& mta_lines,
              const LogCalendar& calendar) {
  std::string text;
  for (const std::string& line : mta_lines) text += line + "\n";
  bool added = false;
  for (const Clue& told : clues_of_lines(text, calendar)) {
    for (Clue& clue : clues) {
      if (told.id.empty() || clue.id != told.id || clue.client) continue;
      if (clue.kind != Clue::Kind::id && clue.kind != Clue::Kind::mta_line) continue;
      const std::string said = clue.said.empty() ? told.said : clue.said;
      clue = told;
      clue.said = said;
      added = true;
    }
  }
  return added;
}

// What is told of the mail, for those that no log has.
ExplainOptions told_by(const Clue& clue, const WhyOptions& options) {
  ExplainOptions told = options.now;
  if (clue.client) told.told[Attribute::client] = clue.client->to_string();
  told.told[Attribute::client_name] = clue.client_name;
  told.told[Attribute::helo] = clue.helo;
  if (!clue.senders.empty()) {
    told.told[Attribute::sender] = clue.senders.front().empty() ? "<>" : clue.senders.front();
  }
  told.recipients = clue.recipients;
  told.headers = clue.headers;
  return told;
}

// What the decision's line says of the mail, where the clue does not.
Clue with_logged(Clue clue, const LogFields& fields) {
  const auto fill = [&](std::string_view key, std::vector<std::string>& texts) {
    if (const std::string& text = field_of(fields, key); !text.empty()) {
      texts = {text == "<>" ? "" : text};
    }
  };
  if (const auto client = IpAddress::parse(field_of(fields, "client"))) clue.client = *client;
  if (const auto& name = field_of(fields, "client_name"); !name.empty()) clue.client_name = name;
  if (const auto& helo = field_of(fields, "helo"); !helo.empty()) clue.helo = helo;
  fill("sender", clue.senders);
  fill("recipient", clue.recipients);
  return clue;
}

template <class T>
std::optional<T> some(T value) {
  return std::optional<T>(std::move(value));
}

class Answerer {
 public:
  Answerer(const WhyOptions& options, const CommandContext& context)
      : options_(options), context_(context), explainer_(options.now, context) {}

  [[nodiscard]] const config::Settings& settings() const { return explainer_.settings(); }

  // Why it is not known what would be decided now, where rules have faults; empty: it is.
  [[nodiscard]] const std::string& fault() const { return fault_; }

  WhyAnswer answer(Clue clue, const DecisionSearch& search, const std::vector<std::string>& notes) {
    WhyAnswer answer;
    if (clue.kind == Clue::Kind::decision) {
      answer.decision = FoundDecision{*clue.decision, clue.time, "", true};
    } else {
      answer.decision = search.best();
      answer.alike = search.alike();
      if (!answer.decision) answer.notes = notes;
    }
    answer.clue = std::move(clue);
    auto page = input_of(answer).and_then([this](std::optional<TransactionInput> input) {
      return input ? explainer_.explain(*std::move(input)).map(some<ExplanationPage>)
                   : std::optional<ExplanationPage>();
    });
    if (!page) fault_ = page.error().text;
    if (!page || !*page) return answer;
    answer.now = **std::move(page);
    answer.way = way_in(answer.now->transactions.front().explanation);
    answer.owner = owner_then(answer);
    return answer;
  }

 private:
  // None: too little is known of the mail.
  [[nodiscard]] Result<std::optional<TransactionInput>> input_of(const WhyAnswer& answer) const {
    const Clue& clue = answer.clue;
    if (answer.decision && clue.headers.empty()) {
      return transaction_from_fields(answer.decision->fields).map(some<TransactionInput>);
    }
    const Clue known = answer.decision ? with_logged(clue, answer.decision->fields) : clue;
    if (!known.client && known.senders.empty()) return std::optional<TransactionInput>();
    return transaction_from_options(told_by(known, options_)).map(some<TransactionInput>);
  }

  // The log has no owner: the rules have, those of now or those of then.
  std::string owner_then(const WhyAnswer& answer) {
    if (!answer.decision) return {};
    const LogFields& fields = answer.decision->fields;
    const std::string& entry = field_of(fields, "entry");
    const std::string& list = field_of(fields, "list");
    if (entry.empty()) return {};
    const explain::Explanation& now = answer.now->transactions.front().explanation;
    auto owner = owner_of(now, list, entry);
    const auto input = transaction_from_fields(fields);
    if (!owner.empty() || !input || !input->logged) return owner;
    if (input->logged->generation == now.snapshot->generation()) return owner;
    ExplainOptions then = options_.now;
    then.generation = input->logged->generation;
    then.dns = ExplainOptions::Dns::none;
    const auto page = Explainer(then, context_).explain(*input);
    return page ? owner_of(page->transactions.front().explanation, list, entry) : "";
  }

  const WhyOptions& options_;
  const CommandContext& context_;
  Explainer explainer_;
  std::string fault_;
};

std::vector<DecisionSearch> searches_for(const std::vector<Clue>& clues,
                                         const LogCalendar& calendar) {
  std::vector<DecisionSearch> searches;
  searches.reserve(clues.size());
  for (const Clue& clue : clues) searches.emplace_back(clue, calendar);
  return searches;
}

CtlExit run_why(const WhyOptions& options, const CommandContext& context) {
  const LogCalendar calendar = local_calendar(context.now);
  auto clues = read_clues(options, calendar, context);
  if (!clues) return print_failure(context, CtlExit::usage, clues.error().text);
  for (Clue& clue : *clues) add_told(options, clue);
  Answerer answerer(options, context);
  const DecisionLogs logs = decision_logs(options.logs, answerer.settings());
  auto searches = searches_for(*clues, calendar);
  SearchedLogs searched = search_logs(logs, *clues, searches);
  if (complete(*clues, searched.mta_lines, calendar)) {
    searches = searches_for(*clues, calendar);
    searched = search_logs(logs, *clues, searches);
  }
  std::vector<std::string> notes = searched.notes;
  for (const std::string& log : searched.read) notes.push_back("it is not in " + log);
  std::vector<WhyAnswer> answers;
  for (std::size_t i = 0; i < clues->size(); ++i) {
    answers.push_back(answerer.answer((*clues)[i], searches[i], notes));
  }
  if (context.console.is_json()) {
    context.console.json(why_json(answers));
  } else {
    context.console.page(why_text(answers));
  }
  if (clues->size() >= kMaxClues) {
    context.console.note("of one text, ", kMaxClues, " are looked at");
  }
  if (!answerer.fault().empty()) return print_failure(context, CtlExit::failed, answerer.fault());
  const bool all_found = std::all_of(answers.begin(), answers.end(), [](const WhyAnswer& answer) {
    return answer.decision.has_value();
  });
  return all_found ? CtlExit::ok : CtlExit::no;
}

std::vector<OptionRow> why_options(WhyOptions& to) {
  std::vector<OptionRow> rows{
      {"[TOKEN|FILE]",
       "A queue id, a token, a line of a log, a bounce, a mail: the text itself, or a file with "
       "it; "
       "none or -: standard input",
       &to.clues},
      {"--log FILE", "A log with decisions, and lines of the MTA; default: where the settings say",
       &to.logs}};
  for (const Attribute attribute :
       {Attribute::client, Attribute::helo, Attribute::sender, Attribute::recipient}) {
    const AttributeInfo& info = info_of(attribute);
    const Take take = [&to, attribute](const std::string& text) -> Result<void> {
      to.told[attribute] = text;
      return {};
    };
    rows.push_back({"--" + std::string(info.word) + " " + std::string(info.option_type),
                    std::string(info.about) + "; where the clue does not say it", take});
  }
  return rows;
}

}  // namespace

std::string owner_of(const explain::Explanation& explanation, std::string_view list,
                     std::string_view entry) {
  for (const Rule& rule : explanation.snapshot->rules()) {
    for (const PredicateId id : rule.when.all) {
      const auto matched = explain::explained_predicate(explanation, id).matched;
      if (matched && matched->list == list && matched->text == entry) return matched->owner;
    }
  }
  return {};
}

extern const Command kWhyCommand{
    "why", "Says why a mail was refused, from whatever there is of it",
    "Examples:\n"
    "  posternctl why 4F2kz1x0ghqz1x\n"
    "  posternctl why bounce.eml --log /var/log/postern/postern.log\n"
    "What was decided then and why, what would be decided now, and the commands that let it in:\n"
    "for a week, and for good. Several lines at once: one summary, then each. Writes nothing. 1: "
    "no\n"
    "log has the decision.",
    prepare<why_options, run_why>};

}  // namespace postern::ctl

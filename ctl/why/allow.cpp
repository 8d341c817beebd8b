// `posternctl allow`: lets mail in, by values that are told, or by the token of a refusal.
#include <algorithm>

#include "ctl/explain/explainer.h"
#include "ctl/lists/commands.h"
#include "ctl/lists/list_editor.h"
#include "ctl/why/decision_logs.h"
#include "ctl/why/way_in.h"
#include "rules/model/token.h"

namespace postern::ctl {
namespace {

struct AllowCommand {
  AllowOptions entries;
  std::string token;              // empty: the values are told
  std::vector<std::string> logs;  // where it is looked for; none: where the settings say
};

// Whoever is refused can get a text into a log: of what has the token only lines count that
// Postern has written.
std::vector<FoundDecision> decisions_with_token(const AllowCommand& command,
                                                const config::Settings& settings,
                                                const CommandContext& context) {
  const LogCalendar calendar = local_calendar(context.now);
  Clue clue;
  clue.id = command.token;
  const std::vector<Clue> clues{clue};
  std::vector<DecisionSearch> searches{DecisionSearch(clues.front(), calendar)};
  DecisionLogs logs = decision_logs(command.logs, settings);
  logs.all = true;  // an older mail may have the same token
  for (const std::string& note : search_logs(logs, clues, searches).notes) {
    context.console.note(note);
  }
  std::vector<FoundDecision> found = searches.front().alike();
  if (const auto& best = searches.front().best()) found.insert(found.begin(), *best);
  std::erase_if(found, [&](const FoundDecision& decision) {
    return !decision.trusted || field_of(decision.fields, "token") != command.token;
  });
  return found;
}

// A mail whose refusal has the token.
struct RefusedMail {
  FoundDecision decision;
  std::optional<WayIn> way;  // none: it would come in now
};

// By the files, which the entry will stand in.
Result<std::vector<RefusedMail>> mails_of(const std::vector<FoundDecision>& decisions,
                                          Explainer& explainer) {
  std::vector<RefusedMail> mails;
  for (const FoundDecision& decision : decisions) {
    auto page = transaction_from_fields(decision.fields).and_then([&](TransactionInput input) {
      return explainer.explain(std::move(input));
    });
    if (!page) return tl::unexpected(page.error());
    mails.push_back({decision, way_in(page->transactions.front().explanation)});
  }
  return mails;
}

// `2026-11-21T11:40:02Z, rule campaign: 203.0.113.9 hr@phish.example -> joe@box.example`
std::string in_short(const FoundDecision& decision) {
  std::string text = decision.time ? format_utc(*decision.time) + ", rule " : "rule ";
  text += field_of(decision.fields, "rule") + ": " + field_of(decision.fields, "client");
  if (const auto& sender = field_of(decision.fields, "sender"); !sender.empty()) {
    text += " " + sender;
  }
  if (const auto& recipient = field_of(decision.fields, "recipient"); !recipient.empty()) {
    text += " -> " + recipient;
  }
  return text;
}

std::string command_for(const RefusedMail& mail) {
  if (!mail.way) return "it would come in now";
  return mail.way->entry ? mail.way->for_good() : "no list lets it in";
}

CtlExit print_several(const std::vector<RefusedMail>& mails, const std::string& token,
                      const Console& console) {
  console.error(mails.size(), " mails have the token ", token,
                ", and no one entry is for all of them; nothing is written");
  for (const RefusedMail& mail : mails) {
    console.error_line(in_short(mail.decision));
    console.error_line("  ", command_for(mail));
  }
  return CtlExit::no;
}

CtlExit print_without_list(const WayIn& way, const Console& console) {
  console.error("no list lets such mail in above the rule that refuses it; nothing is written");
  if (!way.take_back.empty()) console.error_line("to take the entry back: ", way.take_back);
  return CtlExit::no;
}

// Behind a check that is skipped another rule may refuse the same mail.
CtlExit check_that_it_comes_in(const std::vector<FoundDecision>& decisions,
                               const ExplainOptions& options, const std::string& token,
                               const CommandContext& context) {
  Explainer explainer(options, context);  // by the files as they are now
  const auto mails = mails_of(decisions, explainer);
  if (!mails) return print_failure(context, CtlExit::failed, mails.error().text);
  const bool all_in = std::none_of(mails->begin(), mails->end(),
                                   [](const RefusedMail& mail) { return mail.way.has_value(); });
  if (all_in) return CtlExit::ok;
  context.console.error("another rule refuses it all the same: posternctl why ", token);
  return CtlExit::no;
}

CtlExit run_by_token(const AllowCommand& command, const CommandContext& context) {
  const Console& console = context.console;
  if (!is_token(command.token)) {
    console.error("--token: found '", command.token, "', want what the refusal says, as k7m3f2");
    return CtlExit::usage;
  }
  ExplainOptions by_files;
  by_files.rules = ExplainOptions::Rules::files;
  Explainer explainer(by_files, context);
  const auto decisions = decisions_with_token(command, explainer.settings(), context);
  if (decisions.empty()) {
    console.error("no log has a decision with the token ", command.token, "; want --log FILE");
    return CtlExit::no;
  }
  const auto mails = mails_of(decisions, explainer);
  if (!mails) return print_failure(context, CtlExit::failed, mails.error().text);
  const auto& way = mails->front().way;
  const bool agree = std::all_of(mails->begin(), mails->end(),
                                 [&](const RefusedMail& mail) { return mail.way == way; });
  if (!agree) return print_several(*mails, command.token, console);
  for (const RefusedMail& mail : *mails) {
    if (!console.is_json()) console.line(command.token, ": ", in_short(mail.decision));
  }
  if (!way) {
    console.note("it would come in now; nothing is written");
    const auto purpose = command.entries.dry_run ? EditPurpose::show : EditPurpose::write;
    if (console.is_json()) console.json(json_of_nothing(purpose, "it would come in now"));
    return CtlExit::ok;
  }
  if (!way->entry) return print_without_list(*way, console);
  AllowOptions options = command.entries;
  options.values = {way->entry->value};
  options.check = way->entry->check;
  options.list = way->entry->list;
  if (options.reason.empty()) options.reason = "token " + command.token;
  const CtlExit done = run_allow(options, context);
  if (done != CtlExit::ok || options.dry_run) return done;
  return check_that_it_comes_in(decisions, by_files, command.token, context);
}

CtlExit run_allow_command(const AllowCommand& command, const CommandContext& context) {
  if (!command.token.empty()) return run_by_token(command, context);
  if (!command.entries.values.empty()) return run_allow(command.entries, context);
  context.console.error("want a VALUE, or --token with that of a refusal");
  return CtlExit::usage;
}

std::vector<OptionRow> allow_command_options(AllowCommand& to) {
  std::vector<OptionRow> rows = allow_options(to.entries);
  rows.push_back({"--token TOKEN",
                  "The mail whose refusal has this token, as narrowly as the lists can",
                  &to.token,
                  {.excludes = {"VALUE", "--check", "--list"}}});
  rows.push_back({"--log FILE",
                  "Where the token is looked for; default: where the settings say",
                  &to.logs,
                  {.needs = {"--token"}}});
  return rows;
}

}  // namespace

extern const Command kAllowCommand{
    "allow", "Puts an entry into a list by which mail passes",
    "Examples:\n"
    "  posternctl allow 192.0.2.7 --reason 'partner, ticket 4712'\n"
    "  posternctl allow --token k7m3f2 --for 7d\n"
    "                                   the mail that was refused with this token\n"
    "  posternctl allow 192.0.2.7 --check sender_mx --for 30d\n"
    "                                   only this check is skipped: their MX is broken\n"
    "Writes one line to the file of the list, has the daemons take it, and says since which\n"
    "generation it is in force. To take it back: posternctl undo, or posternctl unblock VALUE\n"
    "--list NAME.",
    prepare<allow_command_options, run_allow_command>};

}  // namespace postern::ctl

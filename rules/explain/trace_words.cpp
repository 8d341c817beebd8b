#include "rules/explain/trace_words.h"

#include <algorithm>

#include "common/base/words.h"
#include "rules/findings.h"
#include "rules/rule_actions.h"

namespace postern::explain {
namespace {

std::string first_from(StageSet stages, Stage stage) {
  const auto first = (stages & StageSet::from(stage)).first();
  return first ? std::string(to_string(*first)) : "a later stage";
}

std::string why_waits(const Explanation& explanation, const Rule& rule) {
  const Stage stage = explanation.transaction.stage;
  if (!rule.stages.contains(stage)) {
    return "waits: it is for " + to_string(rule.stages & StageSet::from(stage));
  }
  if (rule.known_from > stage)
    return "waits: all it looks at is known from " + std::string(to_string(rule.known_from)) +
           " on";
  return "waits: something that it looks at was not told";
}

std::string why_for_others(const Transaction& transaction) {
  return transaction.recipient_state == RecipientState::refused
             ? "not looked at: the MTA has refused the recipient"
             : "not looked at: it is for recipients that the MTA has refused";
}

// What stands above may have softened it.
std::string would_text(const Explanation& explanation, const Rule& rule, const Action& action) {
  const auto& would = explanation.verdict.would;
  const WouldHave soft{rule.name, kind_of(soften(action))};
  const bool is_softened =
      soft.action != kind_of(action) && std::ranges::find(would, soft) != would.end();
  if (!is_softened) return action_text(action);
  return action_text(soften(action)) + ", softened from " + action_text(action);
}

bool does_not_know_client(const Explanation& explanation, const Rule& rule) {
  bool unknown = false;
  for_each_predicate(rule.when, explanation.snapshot->predicates(), [&](const Predicate& one) {
    const bool told = database_fact(one.attribute).has_value();
    unknown = unknown || (told && told_by_database(one, explanation.transaction).empty());
  });
  return unknown;
}

std::string matched_by(const Explanation& explanation) {
  if (!explanation.verdict.cut_short.empty()) return "the decision was cut short";
  return explanation.verdict.rule.empty() ? std::string("decided above")
                                          : std::string(explanation.verdict.rule) + " has decided";
}

}  // namespace

std::string_view word_of(TracedRule::Outcome outcome) {
  using enum TracedRule::Outcome;
  static constexpr Word<TracedRule::Outcome> kWords[] = {{"not_reached", not_reached},
                                                         {"skipped", skipped},
                                                         {"for_others", for_others},
                                                         {"over", over},
                                                         {"no_match", no_match},
                                                         {"undecidable", undecidable},
                                                         {"waits", waits},
                                                         {"pending_behind", pending_behind},
                                                         {"not_applicable", not_applicable},
                                                         {"facts_missing", facts_missing},
                                                         {"cut_short", cut_short},
                                                         {"matches", matches}};
  return word_of(kWords, outcome);
}

std::string_view word_of(TracedAction::Outcome outcome) {
  using enum TracedAction::Outcome;
  static constexpr Word<TracedAction::Outcome> kWords[] = {
      {"decided", decided}, {"done", done},         {"would", would}, {"waits", waits},
      {"held", held},       {"not_here", not_here}, {"over", over}};
  return word_of(kWords, outcome);
}

std::string_view word_of(Truth truth) {
  using enum Truth;
  static constexpr Word<Truth> kWords[] = {
      {"no", no}, {"yes", yes}, {"unknown", unknown}, {"undecidable", undecidable}};
  return word_of(kWords, truth);
}

std::string why_passed_over(const Explanation& explanation, const Rule& rule,
                            const TracedRule& traced) {
  using Outcome = TracedRule::Outcome;
  switch (traced.outcome) {
    case Outcome::not_reached:
      return "not looked at: " + matched_by(explanation);
    case Outcome::skipped:
      return "skipped: " + std::string(traced.by) + " says so";
    case Outcome::for_others:
      return why_for_others(explanation.transaction);
    case Outcome::over:
      return "not looked at: it is for " + to_string(rule.stages) + ", and that is over";
    case Outcome::no_match:
      return "does not match";
    case Outcome::undecidable:
      if (asks_for_findings(rule.when)) {
        return std::string("does not match: what it asks for could not be found out") +
               (rule.may_spare ? ", so that what refuses below defers" : "");
      }
      if (has_unknown_entries(rule.when, explanation.snapshot->predicates())) {
        return std::string("does not match: not all that it compares with is known") +
               (rule.may_spare ? ", so that what refuses below defers" : "");
      }
      return does_not_know_client(explanation, rule)
                 ? "does not match: the database does not know the client"
                 : "does not match: nothing was found in that part of the message which was kept";
    case Outcome::waits:
      return why_waits(explanation, rule);
    case Outcome::pending_behind:
      return "not asked yet: " + std::string(traced.by) + " waits for a later stage";
    case Outcome::not_applicable:
      return "check " + std::string(rule.check()->info->name) + " does not apply";
    case Outcome::facts_missing:
      if (rule.check() == nullptr) return "waits for what checks above find";
      return "check " + std::string(rule.check()->info->name) + " waits for DNS";
    case Outcome::cut_short:
      return "not looked at, nor is any below: the decision had taken decision.max_work";
    case Outcome::matches:
      return "matches";
  }
  return "";
}

std::string became_of(const Explanation& explanation, const Rule& rule, const TracedRule& traced,
                      const TracedAction& action) {
  using Outcome = TracedAction::Outcome;
  const std::string text = action_text(*action.action);
  const std::string_view stage = to_string(explanation.transaction.stage);
  const ActionKind kind = kind_of(*action.action);
  const StageSet possible = possible_stages(kind, explanation.snapshot->door());
  switch (action.outcome) {
    case Outcome::decided:
      if (explanation.verdict.softened_from) {
        return "DECIDES: " + action_text(soften(*action.action)) + ", softened from " + text;
      }
      return "DECIDES: " + text;
    case Outcome::done:
      return "does, and goes on: " + text;
    case Outcome::would:
      return "would, but is in mode log: " + would_text(explanation, rule, *action.action);
    case Outcome::waits:
      return "waits for " + first_from(possible, explanation.transaction.stage) + ": " + text;
    case Outcome::held:
      return traced.by.empty()
                 ? "would, once DNS has answered: " + text
                 : "would, but " + std::string(traced.by) + " stands above and waits: " + text;
    case Outcome::not_here:
      return "cannot at " + std::string(stage) + ", only at " + to_string(possible) + ": " + text;
    case Outcome::over:
      return "only at " + to_string(rule.stages) + ", which is over: " + text;
  }
  return "";
}

}  // namespace postern::explain

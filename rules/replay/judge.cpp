#include "rules/replay/judge.h"

#include <algorithm>
#include <utility>

#include "rules/engine.h"
#include "rules/explain/explanation.h"
#include "rules/findings.h"
#include "rules/rule_actions.h"

namespace postern::replay {
namespace {

using Clock = std::chrono::system_clock;

// At RCPT all is judged that could be before, but for rules that are tied to stages.
StageSet stages_of(const Snapshot& snapshot) {
  StageSet stages{Stage::rcpt};
  stages.add(snapshot.needs().deciding & StageSet::from(Stage::data));
  for (const Rule& rule : snapshot.rules()) {
    if (rule.stages != StageSet::all()) stages.add(rule.stages & snapshot.needs().deciding);
  }
  return stages;
}

// Where nothing is known, not even that there is no state.
FactSource& nothing() {
  class Nothing : public FactSource {
    std::optional<dns::DnsFact> find(const dns::DnsQuestion& /*question*/) override { return {}; }
    std::optional<StateFact> find_state(const StateKey& /*key*/) override { return {}; }
  };
  static Nothing source;
  return source;
}

// One that the rule's check looks at.
std::optional<Attribute> untold_for_check(const Rule& rule, const Transaction& transaction) {
  if (rule.check() == nullptr) return std::nullopt;
  const AttributeSet untold = rule.check()->check->attributes() & transaction.untold;
  std::size_t first = 0;
  while (first < kAttributes && !untold.test(first)) ++first;
  return first < kAttributes ? std::optional(static_cast<Attribute>(first)) : std::nullopt;
}

// One that the rule looks at, or else its check.
std::optional<Attribute> untold_of(const Rule& rule, const Snapshot& snapshot,
                                   const Transaction& transaction) {
  std::optional<Attribute> untold;
  for_each_predicate(rule.when, snapshot.predicates(), [&](const Predicate& predicate) {
    if (!untold && is_untold(predicate.attribute, transaction)) untold = predicate.attribute;
  });
  for_each_found(rule.when, [&](const FoundBy& by) {
    if (!untold) untold = untold_of(snapshot.rules()[by.rule], snapshot, transaction);
  });
  return untold ? untold : untold_for_check(rule, transaction);
}

bool ends_it(const Judgement& judgement) {
  return judgement.undecided || judgement.verdict.action > Disposition::redirect;
}

}  // namespace

Judge::Judge(std::shared_ptr<const Snapshot> snapshot, FactSource* source, Settle settle)
    : snapshot_(std::move(snapshot)),
      source_(source == nullptr ? &nothing() : source),
      settle_(std::move(settle)),
      has_unknown_entries_(std::ranges::any_of(
          snapshot_->predicates(), [](const Predicate& one) { return has_unknown_entries(one); })),
      stages_(stages_of(*snapshot_)) {}

Judgement Judge::judge(const Transaction& transaction, Clock::time_point now) {
  StageSet stages = stages_;
  // Of a session that came to no recipient its last stage.
  if (transaction.stage < Stage::rcpt) stages.add(transaction.stage);
  std::optional<Judgement> worst;
  std::string_view waits;  // for a later stage
  for (const Stage stage : kStages) {
    if (stage > transaction.stage || !stages.contains(stage)) continue;
    Judgement judgement = judge_stage(explain::at_stage(transaction, stage), now);
    if (ends_it(judgement)) return judgement;
    waits = judgement.verdict.pending_rule;
    // What was put aside, or sent to somebody else, stays so.
    if (!worst || worst->verdict.action <= judgement.verdict.action) worst = std::move(judgement);
  }
  if (!waits.empty()) worst->undecided = why_pending(transaction, waits);
  return std::move(*worst);
}

Judgement Judge::judge_stage(const Transaction& transaction, Clock::time_point now) {
  Judgement judgement;
  judgement.stage = transaction.stage;
  ConditionMemory known;
  Decision decision(snapshot_, transaction, source_, now, {&known, work_});
  decide(decision, transaction, known, judgement);
  judgement.verdict = decision.take_verdict();
  std::erase_if(judgement.verdict.would, [&](const WouldHave& would) {
    return std::ranges::find(judgement.not_looked_at, would.rule, &Undecided::rule) !=
           judgement.not_looked_at.end();
  });
  if (has_unknown_entries_) note_unknown_entries(transaction, now, known, judgement);
  if (transaction.untold.any()) note_unjudged(transaction, now, known, judgement);
  return judgement;
}

// Of those above the one that decided.
void Judge::note_unjudged(const Transaction& transaction, Clock::time_point now,
                          ConditionMemory& known, Judgement& judgement) const {
  Conditions conditions(snapshot_->predicates(), transaction,
                        std::chrono::floor<std::chrono::seconds>(now), {&known, work_});
  for (const Rule& rule : snapshot_->rules()) {
    if (rule.name == judgement.verdict.rule) return;
    if (rule.may_decide) continue;
    const Truth truth = conditions.judge(rule.when).truth;
    std::optional<Attribute> needs;
    if (truth == Truth::unknown) needs = untold_of(rule, *snapshot_, transaction);
    if (truth == Truth::yes) needs = untold_for_check(rule, transaction);
    if (needs) judgement.not_looked_at.push_back({rule.name, postern::to_string(*needs)});
  }
}

// A candidate's lists out of SPF are known once a daemon has asked for them.
void Judge::note_unknown_entries(const Transaction& transaction, Clock::time_point now,
                                 ConditionMemory& known, Judgement& judgement) const {
  const auto& predicates = snapshot_->predicates();
  Conditions conditions(predicates, transaction, std::chrono::floor<std::chrono::seconds>(now),
                        {&known, work_});
  for (const Rule& rule : snapshot_->rules()) {
    if (rule.name == judgement.verdict.rule) return;
    if (rule.is_idle || !has_unknown_entries(rule.when, predicates)) continue;
    if (conditions.judge(rule.when).truth != Truth::undecidable) continue;
    Undecided undecided{rule.name, "networks out of SPF"};
    for_each_predicate(rule.when, predicates, [&](const Predicate& one) {
      if (database_fact(one.attribute) && one.database == nullptr) undecided.needs = "a database";
    });
    if (!judgement.undecided && (rule.may_decide || rule.may_spare)) {
      judgement.undecided = undecided;
      return;
    }
    judgement.not_looked_at.push_back(undecided);
  }
}

void Judge::decide(Decision& decision, const Transaction& transaction, ConditionMemory& known,
                   Judgement& judgement) {
  bool is_done = decision.step() == Decision::Step::done;
  if (!is_done && settle_) {
    judgement.asked = true;
    settle_(decision);
    is_done = true;
  }
  if (is_done && !decision.lacks_state()) return;
  const std::string_view needs = decision.lacks_state() ? "a record of state" : "DNS";
  for (const Rule* rule : rules_that_wait(transaction, decision.now(), known)) {
    if (rule->may_decide && !judgement.undecided) {
      judgement.undecided = Undecided{rule->name, needs};
    } else {
      judgement.not_looked_at.push_back({rule->name, needs});
    }
  }
  // Nobody takes what the rules that wait make of it.
  decision.give_up(dns::DnsReason::unreachable);
  decision.step();
}

std::vector<const Rule*> Judge::rules_that_wait(const Transaction& transaction,
                                                Clock::time_point now,
                                                ConditionMemory& known) const {
  FactView facts(source_);
  Trace trace;
  evaluate(*snapshot_, transaction, facts, now, &trace, {&known, work_});
  std::vector<const Rule*> rules;
  for (std::size_t i = 0; i < trace.rules.size(); ++i) {
    if (trace.rules[i].outcome == TracedRule::Outcome::facts_missing) {
      rules.push_back(&snapshot_->rules()[i]);
    }
  }
  return rules;
}

const Rule& Judge::rule_named(std::string_view name) const {
  return *std::ranges::find_if(snapshot_->rules(),
                               [&](const Rule& rule) { return rule.name == name; });
}

Undecided Judge::why_pending(const Transaction& transaction, std::string_view name) const {
  const Rule& rule = rule_named(name);
  if (const auto untold = untold_of(rule, *snapshot_, transaction)) {
    return {rule.name, postern::to_string(*untold)};
  }
  Undecided undecided{rule.name, "a later stage"};
  for_each_predicate(rule.when, snapshot_->predicates(), [&](const Predicate& predicate) {
    if (!is_known(predicate.attribute, transaction))
      undecided.needs = postern::to_string(predicate.attribute);
  });
  return undecided;
}

bool Judge::is_pending_for_good(const Transaction& transaction, std::string_view name) const {
  return untold_of(rule_named(name), *snapshot_, transaction).has_value();
}

}  // namespace postern::replay

#include "rules/engine.h"

#include <algorithm>
#include <iterator>

#include "common/base/overloaded.h"
#include "rules/condition.h"
#include "rules/findings.h"
#include "rules/model/reply_text.h"
#include "rules/model/token.h"
#include "rules/rule_actions.h"
#include "rules/trace.h"

namespace postern {
namespace {

using Looked = TracedRule::Outcome;
using Acted = TracedAction::Outcome;

// What one rule costs beside what its conditions look up, roughly.
constexpr std::uint64_t kRuleSteps = 64;
constexpr std::size_t kUsualChecks = 8;

const SmtpReply kTryAgain{451, {4, 3, 0}, "Temporary failure, please try again later"};

class Evaluation {
 public:
  Evaluation(const Snapshot& snapshot, const Transaction& transaction, FactView& facts, UtcTime now,
             Trace* trace, Effort effort)
      : snapshot_(snapshot),
        transaction_(transaction),
        facts_(facts),
        tracer_(snapshot, trace),
        work_(effort.work),
        conditions_(snapshot.predicates(), transaction, now, effort) {
    verdict_.generation = snapshot.generation();
  }

  std::optional<Verdict> run() {
    if (tracer_.takes_notes()) {
      look_at_all();
    } else {
      look_at_those_that_can_match();
    }
    if (waiting_) return std::nullopt;
    if (!lets_in(verdict_)) drop_effects_on_pass(verdict_);
    note_client_facts();
    return std::move(verdict_);
  }

 private:
  enum class Next { go_on, stop };

  void note_client_facts() {
    if (!transaction_.client || is_untold(Attribute::client, transaction_)) return;
    const auto& databases = snapshot_.databases();
    if (std::ranges::none_of(databases, [](const auto& one) { return one != nullptr; })) return;
    for (const auto& database : databases) {
      verdict_.client_facts.push_back(database ? database->find(*transaction_.client) : "");
    }
  }

  // Comes to the same verdict: who asks why wants to know of every rule.
  void look_at_all() {
    for (const Rule& rule : snapshot_.rules()) {
      if (look_at(rule) == Next::stop) return;
    }
  }

  void look_at_those_that_can_match() {
    RuleIndex::Walk walk = snapshot_.index().walk(transaction_);
    while (const auto number = walk.next()) {
      if (look_at(snapshot_.rules()[*number]) == Next::stop) return;
      if (!verdict_.pending_rule.empty()) walk.leave_out_unknown();
    }
  }

  Next look_at(const Rule& rule) {
    if (tracer_.takes_notes() ? tracer_.ends_at(rule) : !take_work(work_, kRuleSteps)) {
      return cut_short(rule);
    }
    if (const Skipped* skipped = find_skip(rule)) {
      if (skipped->by_fault) note_for_others(rule, {.truth = Truth::undecidable});
      return pass_over(rule, Looked::skipped, skipped->by);
    }
    if (is_for_others(rule)) return pass_over(rule, Looked::for_others);
    if (rule.is_idle) return pass_over(rule, Looked::no_match);
    if (stage_passed(rule) && !rule.may_spare && !rule.is_asked_about)
      return pass_over(rule, Looked::over);
    const bool is_early = !rule.stages.contains(transaction_.stage) && !stage_passed(rule);
    // What is found at a stage may be another thing at the next one.
    Match match = conditions_.judge(rule.when, is_early ? nullptr : &findings_);
    if (work_ != nullptr && work_->is_spent()) return cut_short(rule);
    if (is_early) wait_unless_settled(rule, match);
    switch (match.truth) {
      case Truth::no:
        return pass_over(rule, Looked::no_match);
      case Truth::undecidable:
        if (rule.may_spare && hangs_on_dns(rule)) spare_perhaps(rule);
        return pass_over(rule, Looked::undecidable);
      case Truth::unknown:
        if (findings_.await_facts(rule.when)) return pass_over(rule, Looked::facts_missing);
        return wait_for_stage(rule);
      case Truth::yes:
        break;
    }
    return std::visit(
        Overloaded{[&](const RuleActions& then) { return act_all(rule, then, match); },
                   [&](const RuleCheck& check) { return look_with_check(rule, check, match); }},
        rule.what);
  }

  Next look_with_check(const Rule& rule, const RuleCheck& check, const Match& match) {
    // Behind a rule that waits for a later stage nothing is decided now: spare DNS the questions.
    if (!verdict_.pending_rule.empty())
      return pass_over(rule, Looked::pending_behind, verdict_.pending_rule);
    if (transaction_.stage < check.info->first_stage) return wait_for_stage(rule);
    if ((check.check->attributes() & transaction_.untold).any()) return wait_for_stage(rule);
    CheckReport report = check.check->inspect(transaction_, facts_);
    const bool quotes = report.state == CheckReport::State::found && rule.mode == Mode::enforce &&
                        check.quotes_at(report.finding);
    if (quotes && !check.check->quote(transaction_, facts_, report)) {
      report = CheckReport::waiting();
    }
    switch (report.state) {
      case CheckReport::State::not_applicable:
        return pass_over(rule, Looked::not_applicable);
      case CheckReport::State::waiting:
        waiting_ = true;
        return pass_over(rule, Looked::facts_missing);
      case CheckReport::State::found:
        break;
    }
    tracer_.note(rule, Looked::matches);
    tracer_.note(rule, report);
    const FindingClass found_class = check.info->findings[report.finding].finding_class;
    note_for_others(rule, {0, Truth::yes, report.finding, found_class});
    if (verdict_.found.empty()) verdict_.found.reserve(kUsualChecks);
    verdict_.found.push_back({rule.name, check.info->name, check.finding_name(report.finding)});
    for (DnsListReport& list : report.lists) verdict_.lists.push_back(std::move(list));
    if (transaction_.stage >= Stage::rcpt) {
      std::ranges::move(report.effects, std::back_inserter(verdict_.effects));
    }
    for (const Action& action : check.on[report.finding]) {
      if (act(rule, match, action, &report) == Next::stop) return Next::stop;
    }
    return Next::go_on;
  }

  Next act_all(const Rule& rule, const RuleActions& then, const Match& match) {
    tracer_.note(rule, Looked::matches);
    const Action* own = match.list != nullptr ? match.list->action_for(match.entry) : nullptr;
    if (own != nullptr) return act(rule, match, *own, nullptr);
    for (const Action& action : then) {
      if (act(rule, match, action, nullptr) == Next::stop) return Next::stop;
    }
    return Next::go_on;
  }

  Next act(const Rule& rule, const Match& match, const Action& action, CheckReport* report) {
    const ActionKind kind = kind_of(action);
    const bool possible = possible_stages(kind, snapshot_.door()).contains(transaction_.stage);
    const auto went = [&](Acted outcome, Next next) {
      tracer_.note(rule, action, outcome);
      return next;
    };
    if (stage_passed(rule) && !spares(kind)) return went(Acted::over, Next::go_on);
    if (rule.mode == Mode::log) {
      if (!possible) return went(Acted::not_here, Next::go_on);
      verdict_.would.push_back({rule.name, is_soft_ ? kind_of(soften(action)) : kind});
      note_finding(report);
      return went(Acted::would, Next::go_on);
    }
    if (!is_final(kind)) {
      if (!possible) return went(Acted::not_here, Next::go_on);
      act_without_deciding(rule, action, report);
      note_finding(report);
      return went(Acted::done, Next::go_on);
    }
    if (!verdict_.pending_rule.empty() || waiting_) {
      tracer_.note(rule, Looked::matches, verdict_.pending_rule);
      return went(Acted::held, Next::stop);
    }
    if (!possible) {
      note_waiting(rule);
      return went(Acted::waits, Next::stop);
    }
    decide(rule, match, is_soft_ ? soften(action) : action, kind, report);
    return went(Acted::decided, Next::stop);
  }

  // The report (null: the rule has no check) is that of the newest finding.
  void note_finding(const CheckReport* report) {
    if (report == nullptr) return;
    verdict_.found.back().noted = true;
    verdict_.found.back().detail = report->detail;
  }

  void act_without_deciding(const Rule& rule, const Action& action, const CheckReport* report) {
    carry_out(rule, action, report);
    verdict_.also.push_back(rule.name);
    verdict_.log_beside = louder(verdict_.log_beside, rule.log_pass.value_or(kEveryLine));
  }

  // `written`: what stands in the file, which the action may be softened from.
  void decide(const Rule& rule, const Match& match, const Action& action, ActionKind written,
              CheckReport* report) {
    carry_out(rule, action, report);
    if (is_soft_ && kind_of(action) != written)
      verdict_.softened_from = info_of(written).disposition;
    verdict_.action = *info_of(kind_of(action)).disposition;
    if (verdict_.action == Disposition::redirect && is_for_capture()) stay_where_it_is();
    verdict_.rule = rule.name;
    verdict_.log_pass = rule.log_pass;
    if (report != nullptr) {
      verdict_.check = rule.check()->info->name;
      verdict_.finding = rule.check()->finding_name(report->finding);
      verdict_.detail = std::move(report->detail);
    }
    if (match.list != nullptr) name_entry(*match.list, match.entry);
  }

  void carry_out(const Rule& rule, const Action& action, const CheckReport* report) {
    const auto expanded = [&](const std::string& text, std::size_t max_bytes) {
      if (text.find(kTokenPlaceholder) != std::string::npos) verdict_.token = transaction_.token;
      CheckWords words;
      std::string named;
      std::string auth_results;
      if (report != nullptr) {
        const CheckInfo& info = *rule.check()->info;
        named = rule.check()->check->named(transaction_, *report);
        auth_results = rule.check()->check->authenticated(transaction_, *report);
        if (!auth_results.empty()) auth_results.insert(0, snapshot_.authserv_id() + "; ");
        words = {CheckWord{info.placeholder, named}, CheckWord{info.quote, report->quoted},
                 CheckWord{kAuthResultsPlaceholder, auth_results}};
      }
      return expand_placeholders(text, rule.name, transaction_, max_bytes, words);
    };
    const auto refuse = [&](const SmtpReply& reply) {
      verdict_.reply = {reply.code, reply.enhanced, expanded(reply.text, SmtpReply::kMaxText)};
    };
    std::visit(
        Overloaded{
            [](const Pass&) {}, [&](const Reject& reject) { refuse(reject.reply); },
            [&](const Defer& defer) { refuse(defer.reply); },
            [&](const Discard& discard) { verdict_.text = expanded(discard.text, kMaxMtaLogText); },
            [&](const Hold& hold) { verdict_.text = expanded(hold.text, kMaxMtaLogText); },
            [&](const Redirect& redirect) { verdict_.redirect = redirect.to.text(); },
            [&](const Skip& skip) {
              const bool by_fault = rests_on_fault(rule, report);
              for (const std::string& name : skip.names) {
                skipped_.push_back({name, rule.name, by_fault});
              }
            },
            [&](const Soften&) { is_soft_ = true; },
            [&](const Delay& delay) { verdict_.delay = std::max(verdict_.delay, delay.time); },
            [&](const Prepend& prepend) {
              verdict_.prepend.push_back({prepend.name, expanded(prepend.value, kMaxHeaderValue)});
            },
            [&](const Copy& copy) {
              if (!is_for_capture()) verdict_.copies.push_back(copy.to.text());
            },
            [](const Log&) {}},
        action);
  }

  // A message that comes back to where it was redirected or copied to goes no further.
  [[nodiscard]] bool is_for_capture() const {
    const bool is_only_one = transaction_.stage == Stage::rcpt || transaction_.recipient_count <= 1;
    return is_only_one && transaction_.recipient && snapshot_.is_capture(*transaction_.recipient);
  }

  void stay_where_it_is() {
    verdict_.action = Disposition::pass;
    verdict_.redirect.clear();
  }

  void name_entry(const lists::List& list, lists::EntryId id) {
    verdict_.entry.list = list.name();
    verdict_.entry.entry = list.entry_text(id);
    verdict_.entry.file = list.file_of(id);
    verdict_.entry.line = list.entries().line(id);
    if (const lists::EntryData* data = list.entries().data(id))
      verdict_.entry.reason = data->reason;
  }

  // The rule is for a later stage. That it will not match then is only certain now if its
  // conditions are about what stays the same in between; recipients come and go.
  static void wait_unless_settled(const Rule& rule, Match& match) {
    if (match.truth != Truth::no || rule.about_recipients) match.truth = Truth::unknown;
  }

  // What is not looked at any more may be what refuses the message, or what spares it.
  Next cut_short(const Rule& rule) {
    verdict_.cut_short = rule.name;
    const auto first = &rule - snapshot_.rules().data();
    const bool could_decide =
        std::any_of(snapshot_.rules().begin() + first, snapshot_.rules().end(),
                    [&](const Rule& one) { return one.may_decide && !is_for_others(one); });
    if (could_decide && verdict_.pending_rule.empty()) {
      verdict_.action = Disposition::defer;
      verdict_.reply = kTryAgain;
      verdict_.finding = "unknown";
    }
    pass_over(rule, Looked::cut_short);
    return Next::stop;
  }

  // The rule cannot be judged before a later stage.
  Next wait_for_stage(const Rule& rule) {
    note_waiting(rule);
    return pass_over(rule, Looked::waits);
  }

  void note_waiting(const Rule& rule) {
    if (stage_passed(rule) && !rule.may_spare) return;
    if (rule.may_decide && verdict_.pending_rule.empty()) verdict_.pending_rule = rule.name;
  }

  Next pass_over(const Rule& rule, Looked outcome, std::string_view by = {}) {
    tracer_.note(rule, outcome, by);
    const Truth truth = truth_of_finding(outcome);
    if (truth != Truth::no) {
      note_for_others(rule, {.truth = truth, .awaits_facts = outcome == Looked::facts_missing});
    }
    return Next::go_on;
  }

  void note_for_others(const Rule& rule, RuleFinding finding) {
    if (!rule.is_asked_about) return;
    finding.rule = static_cast<std::uint32_t>(&rule - snapshot_.rules().data());
    findings_.note(finding);
  }

  // And not on a part of the message that was not kept: that is the sender's doing.
  [[nodiscard]] bool hangs_on_dns(const Rule& rule) const {
    return asks_for_findings(rule.when) || has_unknown_entries(rule.when, snapshot_.predicates());
  }

  // It would spare the message if DNS had said what it asks for: what refuses below may be wrong.
  void spare_perhaps(const Rule& rule) {
    is_soft_ = true;
    verdict_.also.push_back(rule.name);
  }

  struct Skipped {
    std::string_view name;
    std::string_view by;
    bool by_fault;  // what the rule would have found otherwise, is not known
  };

  // Null when nothing says that the rule is to be skipped; a fault only if nothing else does.
  [[nodiscard]] const Skipped* find_skip(const Rule& rule) const {
    const Skipped* found = nullptr;
    for (const Skipped& skipped : skipped_) {
      const bool is_better = found == nullptr || (found->by_fault && !skipped.by_fault);
      if (is_better && rule.is_called(skipped.name)) found = &skipped;
    }
    return found;
  }

  // What the MTA has refused is refused: such a recipient can only be taken note of.
  [[nodiscard]] bool is_for_others(const Rule& rule) const {
    const bool refused = transaction_.recipient_state == RecipientState::refused;
    return rule.about_refused_recipients != refused;
  }

  // Limited to stages that are all over.
  [[nodiscard]] bool stage_passed(const Rule& rule) const {
    return (rule.stages & StageSet::from(transaction_.stage)).empty();
  }

  const Snapshot& snapshot_;
  const Transaction& transaction_;
  FactView& facts_;
  Tracer tracer_;
  Work* work_;
  Conditions conditions_;
  Verdict verdict_;
  Findings findings_;
  std::vector<Skipped> skipped_;
  bool is_soft_ = false;  // what refuses defers from here on
  bool waiting_ = false;
};

}  // namespace

std::optional<Verdict> evaluate(const Snapshot& snapshot, const Transaction& transaction,
                                FactView& facts, std::chrono::system_clock::time_point now,
                                Trace* trace, Effort effort) {
  if (effort.work != nullptr) effort.work->resume();
  return Evaluation(snapshot, transaction, facts, std::chrono::floor<std::chrono::seconds>(now),
                    trace, effort)
      .run();
}

}  // namespace postern

// What one evaluation did with each rule, for a person who asks why (posternctl explain). The
// daemons trace nothing. A value; what it points to belongs to the snapshot.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/snapshot.h"

namespace postern {

struct TracedAction {
  enum class Outcome : std::uint8_t {
    decided,
    done,      // does not decide: evaluation went on
    would,     // the rule is in mode `log`
    waits,     // will decide, at a later stage: the door cannot do it at this one
    held,      // would have decided, but another rule has to be judged first (TracedRule::by)
    not_here,  // the door cannot do it at this stage
    over,      // the rule's stages are over, and the action is none that lasts
  };
  const Action* action = nullptr;
  Outcome outcome = Outcome::done;
};

struct TracedRule {
  enum class Outcome : std::uint8_t {
    not_reached,     // decided further up
    skipped,         // `by` has a `skip` that names it
    for_others,      // for recipients that the MTA has refused, or not for these
    over,            // its stages have gone by
    no_match,        // its conditions do not hold
    undecidable,     // hangs on a part of the message that was not kept: does not match
    waits,           // cannot be judged before a later stage
    pending_behind,  // its check asks nothing as long as `by` waits for a later stage
    not_applicable,  // its check has nothing to say
    facts_missing,   // its check waits for DNS
    cut_short,       // the decision had taken all that it may: nothing from here on was looked at
    matches,         // see `actions`
  };
  Outcome outcome = Outcome::not_reached;
  std::string_view by{};  // another rule
  CheckReport report{};   // what its check found
  // What was done, or would have been. Of a check none: the rule says nothing to that finding.
  std::vector<TracedAction> actions{};
};

// Of a rule whose check was not asked, or waits: what is known of its finding.
inline Truth truth_of_finding(TracedRule::Outcome outcome) {
  using enum TracedRule::Outcome;
  if (outcome == undecidable) return Truth::undecidable;
  return outcome == waits || outcome == pending_behind || outcome == facts_missing ? Truth::unknown
                                                                                   : Truth::no;
}

struct Trace {
  // Before the evaluation: the rule at which the decision that is looked into was cut short.
  std::string_view cut_short{};
  std::vector<TracedRule> rules{};  // those of the snapshot, in their order
};

// Takes notes of an evaluation, or none at all.
class Tracer {
 public:
  // `trace` may be null. Both outlive the tracer.
  Tracer(const Snapshot& snapshot, Trace* trace) : snapshot_(snapshot), trace_(trace) {
    if (trace_ != nullptr) trace_->rules.assign(snapshot.rules().size(), {});
  }

  [[nodiscard]] bool takes_notes() const { return trace_ != nullptr; }
  // REQUIRES: takes_notes().
  [[nodiscard]] bool ends_at(const Rule& rule) const { return trace_->cut_short == rule.name; }

  void note(const Rule& rule, TracedRule::Outcome outcome, std::string_view by = {}) {
    if (trace_ == nullptr) return;
    TracedRule& traced = of(rule);
    traced.outcome = outcome;
    traced.by = by;
  }
  void note(const Rule& rule, const CheckReport& report) {
    if (trace_ != nullptr) of(rule).report = report;
  }
  void note(const Rule& rule, const Action& action, TracedAction::Outcome outcome) {
    if (trace_ != nullptr) of(rule).actions.push_back({&action, outcome});
  }

 private:
  [[nodiscard]] TracedRule& of(const Rule& rule) const {
    return trace_->rules[static_cast<std::size_t>(&rule - snapshot_.rules().data())];
  }

  const Snapshot& snapshot_;
  Trace* trace_;
};

}  // namespace postern

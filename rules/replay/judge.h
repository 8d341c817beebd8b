// Judges by a snapshot what is told of the past, with nothing but what is told: what would have to
// be known, and is not, makes the decision undecided. The engine is the doors' own. Pure; one
// thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/condition.h"
#include "rules/decision.h"
#include "rules/model/facts.h"
#include "rules/model/work.h"

namespace postern::replay {

// Why there is no decision.
struct Undecided {
  std::string_view rule;  // the first that cannot be judged, and may decide
  // What it looks at: the name of an attribute, `DNS`, `a record of state`, `a later stage`,
  // `networks out of SPF` or `a database`.
  std::string_view needs;
};

struct Judgement {
  Stage stage = Stage::rcpt;  // at which it was decided
  Verdict verdict = {};       // points into the snapshot
  std::optional<Undecided> undecided;
  // Rules in mode `log`, or without an action that decides, that cannot be judged: what they would
  // have done is not in the verdict.
  std::vector<Undecided> not_looked_at = {};
  bool asked = false;  // DNS was asked now for what is not in the record
};

class Judge {
 public:
  // Brings a decision that needs facts to its verdict.
  using Settle = std::function<void(Decision&)>;

  // `source` (may be null) has the facts that are known; without `settle` nobody is asked for
  // others, and nobody is asked for records of state.
  Judge(std::shared_ptr<const Snapshot> snapshot, FactSource* source, Settle settle = {});

  // From now on a decision takes no more than that, and is cut short; null: as much as it takes.
  void take_at_most(Work* work) { work_ = work; }

  // Through all stages up to that of the transaction at which something may be decided.
  Judgement judge(const Transaction& transaction, std::chrono::system_clock::time_point now);
  // At that stage alone.
  Judgement judge_stage(const Transaction& transaction, std::chrono::system_clock::time_point now);

  // What the rule, which cannot be judged at the stage of the transaction, needs.
  [[nodiscard]] Undecided why_pending(const Transaction& transaction, std::string_view rule) const;
  // Whether it is something that no later stage tells.
  [[nodiscard]] bool is_pending_for_good(const Transaction& transaction,
                                         std::string_view rule) const;

  [[nodiscard]] const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }

 private:
  void decide(Decision& decision, const Transaction& transaction, ConditionMemory& known,
              Judgement& judgement);
  void note_unjudged(const Transaction& transaction, std::chrono::system_clock::time_point now,
                     ConditionMemory& known, Judgement& judgement) const;
  void note_unknown_entries(const Transaction& transaction,
                            std::chrono::system_clock::time_point now, ConditionMemory& known,
                            Judgement& judgement) const;
  [[nodiscard]] const Rule& rule_named(std::string_view name) const;
  [[nodiscard]] std::vector<const Rule*> rules_that_wait(const Transaction& transaction,
                                                         std::chrono::system_clock::time_point now,
                                                         ConditionMemory& known) const;

  std::shared_ptr<const Snapshot> snapshot_;
  FactSource* source_;
  Settle settle_;
  Work* work_ = nullptr;
  bool has_unknown_entries_;  // any rule
  StageSet stages_;           // at which something may be decided that is not at a later one
};

}  // namespace postern::replay

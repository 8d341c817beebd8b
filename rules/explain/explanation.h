// Why a transaction was judged as it was: a decision with all that went into it, for a person or a
// program to look at. A value; keeps the rules it points into. How it is shown: ctl/.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/utc_date.h"
#include "rules/decision.h"
#include "rules/trace.h"

namespace postern::explain {

struct Explanation {
  std::shared_ptr<const Snapshot> snapshot;
  Transaction transaction;
  UtcTime now;
  Verdict verdict;
  std::vector<DnsEvidence> evidence;
  Trace trace;
  ConditionMemory judged{};  // what the decision found its conditions to be
  std::vector<StateEvidence> state{};
};

// REQUIRES: step() returned done, of a decision about this transaction at this time by these rules.
Explanation explain(Decision& decision, std::shared_ptr<const Snapshot> snapshot,
                    const Transaction& transaction, std::chrono::system_clock::time_point now);

// One entry of a list, with all it says.
struct ExplainedEntry {
  std::string text;  // as a person would write it
  std::string list;  // `inline` for a value written inside a condition
  std::string file;
  int line = 0;
  std::string reason;
  std::string owner;
  std::optional<UtcTime> expires;
};

ExplainedEntry explained_entry(const lists::List& list, lists::EntryId id);

// One condition of a rule, looked at for itself.
struct ExplainedPredicate {
  const Predicate* predicate = nullptr;
  std::string attribute;             // as in a rule file: `sender_domain`, `header.subject`
  std::optional<std::string> value;  // what the rules see; none: not known
  Truth truth = Truth::no;
  std::optional<ExplainedEntry> matched;
  std::optional<ExplainedEntry> expired;  // would have matched, had it not ended
};

ExplainedPredicate explained_predicate(const Explanation& explanation, PredicateId id);

// Of a whole condition, for this transaction at this time.
Truth truth_of(const Explanation& explanation, const Condition& condition);

// Of what the condition itself says with `found:`. REQUIRES: it does.
Truth found_truth(const Explanation& explanation, const Condition& condition);

// What `transaction` was at an earlier stage, when what comes later had not been told.
Transaction at_stage(const Transaction& transaction, Stage stage);

}  // namespace postern::explain

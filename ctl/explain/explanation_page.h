// One answer of posternctl explain, before it is written out as text or as JSON.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ctl/explain/door_replies.h"
#include "ctl/explain/evaluator.h"
#include "ctl/explain/transaction_input.h"

namespace postern::ctl {

// A door and the rules as it would judge by them.
struct DoorRules {
  Door door = Door::policy;
  std::shared_ptr<const Snapshot> snapshot;
};

struct ExplainTask {
  TransactionInput input;
  // The door that is explained, then the other if it is installed. Never empty.
  std::vector<DoorRules> doors;
  config::MilterSettings milter;
  std::string rules;               // which they are: `generation 12, which is running`
  std::vector<std::string> notes;  // about rules and daemons
  std::string settings_file;       // files beside it are called by their short names
};

// One recipient, or a transaction that has come to none.
struct ExplainedTransaction {
  explain::Explanation explanation;
  // The stages before that one, by the same rules, as far as the door is asked there.
  std::vector<explain::Explanation> earlier;
};

struct ExplanationPage {
  Door door = Door::policy;
  std::string rules;
  std::vector<ExplainedTransaction> transactions;  // never empty
  std::vector<DoorReplies> doors;
  std::vector<std::string> notes;
  std::string settings_file;
};

ExplanationPage explain_transaction(const ExplainTask& task, Evaluator& evaluator);

}  // namespace postern::ctl

// One answer of posternctl explain, and how it is written out, as text or as JSON.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ctl/explain/door_replies.h"
#include "ctl/explain/evaluator.h"
#include "ctl/explain/transaction_input.h"
#include "rules/explain/explanation.h"
#include "rules/explain/trace_words.h"

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

// What a rule answers, with its placeholders replaced: `550 5.7.1 text`, a text for the MTA's log;
// empty when there is none.
std::string reply_of(const Verdict& verdict);

// One word of a command, quoted where a shell would read more in it.
std::string for_shell(std::string_view text);

// The command that lets such mail in again, when there is one.
std::optional<std::string> way_out(const explain::Explanation& explanation);

// Verdict and reason alone, of each transaction.
std::string verdict_text(const ExplanationPage& page);
// For a person at three in the morning: verdict and reason first, then the proof, then the bytes.
std::string explanation_text(const ExplanationPage& page);
// For a program. Keys may be added; none changes its meaning.
boost::json::object explanation_json(const ExplanationPage& page);
boost::json::object explanation_json(const explain::Explanation& explanation);
boost::json::object transaction_json(const Transaction& transaction);

}  // namespace postern::ctl

// One SMTP session as both doors are told of it: the bytes of policy requests on one side, the
// dialogue of a milter on the other (milter_side.h). Without sockets; DNS and state from maps, or
// the verdict as a test will have it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policyd/dialogue.h"
#include "rules/decision.h"
#include "rules/model/message_effects.h"
#include "tests/support/state_map.h"
#include "tests/support/zone_map.h"

namespace postern {

// What is told at one stage, in the words of Postfix's policy protocol.
using Attributes = std::map<std::string, std::string>;

// What a door made of it.
struct Outcome {
  Transaction transaction;
  Verdict verdict;
  std::string reply;               // of the wire: an action of Postfix, or in libmilter's words
  std::vector<std::string> asked;  // of DNS: `MX a.example`
};

struct DoorsFixture {
  std::shared_ptr<const Snapshot> snapshot;
  ZoneMap zone;
  std::chrono::system_clock::time_point now;
  // When set, this judges, and `zone` is not asked.
  std::function<Verdict(const Transaction&)> decide = {};
  // Of one door; the two must come to the same.
  std::shared_ptr<StateMap> state = std::make_shared<StateMap>();
};

// The verdict with DNS and state of the fixture; `asked` gets what DNS was asked. `judged`, if any,
// is what is known of the transaction, and `done` what the message has done to records.
Verdict judge(const DoorsFixture& fixture, const Transaction& transaction,
              std::vector<std::string>& asked, ConditionMemory* judged = nullptr,
              const MessageEffects& done = {});

// Of an attribute; empty when it is not there.
std::string value(const Attributes& attributes, const std::string& key);

std::string policy_request(const Attributes& attributes);

class PolicySide {
 public:
  explicit PolicySide(DoorsFixture fixture)
      : fixture_(std::move(fixture)), dialogue_([rules = fixture_.snapshot] { return rules; }) {}
  // Throws std::runtime_error when the request cannot be read.
  Outcome step(const Attributes& attributes);

 private:
  DoorsFixture fixture_;
  policyd::Dialogue dialogue_;
};

// All of a verdict that a postmaster could notice, as text.
std::string in_words(const Verdict& verdict);
// What rules can see of a transaction.
std::string in_words(const Transaction& transaction);

// What a milter answers where the policy protocol says `action`.
std::string milter_words_for(const std::string& action);

}  // namespace postern

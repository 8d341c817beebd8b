// One SMTP session as both doors are told of it: the bytes of policy requests on one side, the
// calls of a milter on the other. Without sockets; DNS from a map, or as a test will have it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "milter/end_of_message_actions.h"
#include "milter/session_state.h"
#include "policyd/message_memory.h"
#include "rules/decision.h"
#include "tests/support/zone_map.h"

namespace postern {

// What is told at one stage, in the words of Postfix's policy protocol.
using Attributes = std::map<std::string, std::string>;

struct HeaderLine {
  std::string name;
  std::string value;
};

// What a policy request cannot say.
struct MilterExtras {
  std::vector<std::string> recipients;  // of the message, when there are several
  std::vector<HeaderLine> headers;
  RecipientState recipient_state = RecipientState::accepted;
  // The arguments of MAIL and RCPT where they are not what `sender` and `recipient` would be, and
  // the macros that the MTA hands over with them.
  std::optional<std::string> mail_from{};
  std::optional<std::string> rcpt_to{};
  std::optional<std::string> mail_addr{};
  std::optional<std::string> rcpt_addr{};
};

// What a door made of it.
struct Outcome {
  Transaction transaction;
  Verdict verdict;
  std::string reply;               // of the wire: an action of Postfix, or in libmilter's words
  std::vector<std::string> asked;  // of DNS: `MX a.example`
};

struct World {
  std::shared_ptr<const Snapshot> snapshot;
  ZoneMap zone;
  std::chrono::system_clock::time_point now;
  // When set, this judges, and `zone` is not asked.
  std::function<Verdict(const Transaction&)> decide = {};
};

// The verdict with the world's DNS; `asked` gets what it was asked.
Verdict judge(const World& world, const Transaction& transaction, std::vector<std::string>& asked);

std::string policy_request(const Attributes& attributes);

class PolicySide {
 public:
  explicit PolicySide(World world) : world_(std::move(world)) {}
  // Throws std::runtime_error when the request cannot be read.
  Outcome step(const Attributes& attributes);

 private:
  World world_;
  policyd::MessageMemory memory_;
};

class MilterSide {
 public:
  explicit MilterSide(World world);
  // Tells of all that has to come before the stage and has not been told yet.
  Outcome step(const Attributes& attributes, const MilterExtras& extras);
  // What is to be done to the message at its end.
  [[nodiscard]] const milter::EndOfMessageActions& actions() const { return actions_; }

 private:
  void tell_client(const Attributes& attributes);
  void tell_sender(const Attributes& attributes, const MilterExtras& extras);
  void take_recipient();
  void tell_recipients(const Attributes& attributes, const MilterExtras& extras);

  World world_;
  milter::SessionState state_;
  milter::EndOfMessageActions actions_;
  std::optional<Attributes> client_;  // as told last
  std::string helo_;
  std::optional<Attributes> sender_;
  std::optional<std::string> mail_from_;
};

// All of a verdict that a postmaster could notice, as text.
std::string in_words(const Verdict& verdict);
// What rules can see of a transaction.
std::string in_words(const Transaction& transaction);

// What a milter answers where the policy protocol says `action`.
std::string milter_words_for(const std::string& action);

}  // namespace postern

// One policy connection, without I/O. It says to which message a request belongs and by which rules
// the message is judged, remembers what one request leaves for the next, and makes the replies.
//
//   if (dialogue.ask(request) == Dialogue::Step::need_verdict) {
//     judge dialogue.transaction() by dialogue.rules(), then
//     dialogue.answer(verdict)
//   }
//   send dialogue.reply(), then dialogue.replied()
//
// Pure. A session owns it; one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policyd/addition_queue.h"
#include "policyd/request.h"
#include "rules/condition.h"
#include "rules/model/message_effects.h"
#include "rules/model/token.h"
#include "rules/model/transaction.h"
#include "rules/model/verdict.h"
#include "rules/snapshot.h"

namespace postern::policyd {

class Dialogue {
 public:
  enum class Step : std::uint8_t { need_verdict, reply };

  // Each message that begins calls `current_rules` once. Each decision has one of `tokens`.
  explicit Dialogue(std::function<std::shared_ptr<const Snapshot>()> current_rules,
                    Tokens tokens = {})
      : current_rules_(std::move(current_rules)), tokens_(tokens) {}

  // Takes a request. The reply is ready at once for a state about which Postern decides nothing
  // (VRFY, ETRN).
  //
  // Postfix gives a message its `instance` from RCPT on. A MAIL request has none and always begins
  // a message; the first instance after it belongs to that message if client and sender are the
  // same. A request before MAIL, or a later one without an instance, is a message of its own.
  Step ask(const PolicyRequest& request);
  // The same with a transaction that was read elsewhere, and has its token.
  void ask(const Transaction& transaction);

  // What the driver judges, by which rules, and what their conditions were found to be. REQUIRES:
  // ask() returned need_verdict.
  [[nodiscard]] const Transaction& transaction() const { return transaction_; }
  [[nodiscard]] const std::shared_ptr<const Snapshot>& rules() const { return rules_; }
  [[nodiscard]] ConditionMemory& judged() { return judged_; }
  // What the message has done to records: part of the facts (MessageFacts).
  [[nodiscard]] const MessageEffects& effects() const { return effects_; }

  // Makes the reply for a verdict, and returns the action in it, for the log. A reply that lets the
  // mail pass carries one of the headers or copies for the message (access(5): headers at MAIL,
  // RCPT and DATA). A verdict that refuses a recipient adds nothing to the message. REQUIRES: as
  // transaction(). Takes out of its effects what the message has done already.
  std::string_view answer(Verdict& verdict);
  [[nodiscard]] const std::string& reply() const { return reply_; }
  // The driver has sent the reply. Verdicts that point into the rules end here.
  void replied();

  // No request came for a while: the next one is judged by the rules in force then.
  void pause() { rules_.reset(); }
  // Ends the connection and the message.
  void end();
  // `PREPEND Name: value` and `BCC user@domain` that could not be sent before their message was
  // over; each is returned once.
  std::vector<std::string> take_lost_additions() { return additions_.take_lost(); }

 private:
  void begin();
  [[nodiscard]] bool goes_on() const;
  const std::string* addition_for(const Verdict& verdict);

  std::function<std::shared_ptr<const Snapshot>()> current_rules_;
  Tokens tokens_;
  Transaction transaction_;
  // Of the message:
  std::shared_ptr<const Snapshot> rules_;
  ConditionMemory judged_;
  MessageEffects effects_;
  AdditionQueue additions_;
  std::string instance_;
  bool mail_pending_ = false;  // MAIL was asked about, no instance yet, from
                               // this client and sender:
  std::optional<IpAddress> client_;
  MailAddress sender_;

  std::string reply_;
};

}  // namespace postern::policyd

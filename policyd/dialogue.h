// What is said over one policy connection, without the connection: of which message a request is,
// by which rules it is judged, what is remembered from one recipient and stage to the next, and
// what Postfix is told.
//
//   if (dialogue.ask(request) == Dialogue::Step::need_verdict) {
//     judge dialogue.transaction() by dialogue.rules(), then
//     dialogue.answer(verdict)
//   }
//   send dialogue.reply(), then dialogue.replied()
//
// Pure. Owned by a session, one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policyd/prepend_queue.h"
#include "policyd/request.h"
#include "rules/condition.h"
#include "rules/model/transaction.h"
#include "rules/model/verdict.h"
#include "rules/snapshot.h"

namespace postern::policyd {

class Dialogue {
 public:
  enum class Step : std::uint8_t { need_verdict, reply };

  // `current_rules` gives those of the day, for each message that begins.
  explicit Dialogue(std::function<std::shared_ptr<const Snapshot>()> current_rules)
      : current_rules_(std::move(current_rules)) {}

  // Postfix asks: about what Postern decides nothing (VRFY, ETRN) the reply is there at once.
  //
  // Postfix gives a message its `instance` from RCPT on. A MAIL request has none and always begins
  // a message; the first instance after it belongs to that message if client and sender are the
  // same. Requests before MAIL, and later ones without an instance, are each taken for themselves.
  Step ask(const PolicyRequest& request);
  // The same in the words of the core.
  void ask(const Transaction& transaction);

  // What is to be judged, by which rules, and what is known of it. REQUIRES: a verdict is needed.
  [[nodiscard]] const Transaction& transaction() const { return transaction_; }
  [[nodiscard]] const std::shared_ptr<const Snapshot>& rules() const { return rules_; }
  [[nodiscard]] ConditionMemory& judged() { return judged_; }

  // Makes the reply of a verdict, and returns the action in it, for the log. Of headers that the
  // message is to have, one goes with a reply that lets pass (access(5): at MAIL, RCPT and DATA). A
  // recipient that is refused brings none to the message of the others.
  std::string_view answer(const Verdict& verdict);
  [[nodiscard]] const std::string& reply() const { return reply_; }
  // The reply is sent; what points into the rules may not last longer.
  void replied();

  // Nothing has come for a while: should the message go on, it does by the rules of then.
  void pause() { rules_.reset(); }
  // The connection is over, and with it the message.
  void end();
  // Headers that a message should have had, but was over before; each is returned once.
  std::vector<Header> take_lost_headers() { return headers_.take_lost(); }

 private:
  void begin();
  [[nodiscard]] bool goes_on() const;
  const Header* header_for(const Verdict& verdict);

  std::function<std::shared_ptr<const Snapshot>()> current_rules_;
  Transaction transaction_;
  // Of the message:
  std::shared_ptr<const Snapshot> rules_;
  ConditionMemory judged_;
  PrependQueue headers_;
  std::string instance_;
  bool mail_pending_ = false;  // MAIL was asked about, no instance yet, from
                               // this client and sender:
  std::optional<IpAddress> client_;
  MailAddress sender_;

  std::string reply_;
};

}  // namespace postern::policyd

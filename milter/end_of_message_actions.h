// Collects what is done to a message at its end: a milter can quarantine a message, add headers and
// change recipients only then, whatever the rules decided before. A session owns it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "milter/recipient_changes.h"
#include "rules/model/verdict.h"

namespace postern::milter {

class EndOfMessageActions {
 public:
  // Takes over the headers and copies of a verdict that lets the message in, each once, and the
  // reason of a hold. A verdict that refuses a recipient adds nothing to the message.
  void note(const Verdict& verdict);
  // Takes over headers and copies alone: for one recipient, when another verdict decides about the
  // message.
  void note_additions(const Verdict& verdict);
  // Begins the next message.
  void clear();

  [[nodiscard]] bool empty() const {
    return !hold_reason_ && headers_.empty() && recipients_.empty();
  }
  // Why the message is quarantined, for the MTA's log: the first reason, never empty. Nothing: it
  // is not quarantined.
  [[nodiscard]] const std::optional<std::string>& hold_reason() const { return hold_reason_; }
  // In the order in which the rules added them.
  [[nodiscard]] const std::vector<Header>& headers() const { return headers_; }
  [[nodiscard]] RecipientChanges& recipients() { return recipients_; }
  [[nodiscard]] const RecipientChanges& recipients() const { return recipients_; }

 private:
  std::optional<std::string> hold_reason_;
  std::vector<Header> headers_;
  RecipientChanges recipients_;
};

}  // namespace postern::milter

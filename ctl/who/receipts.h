// Who has received what: the messages of the MTA's log and the decisions of Postern's, joined.
// Pure.
//
// A message that passes twice (a content filter on this host or in its network, a forward of
// local(8)) is one, with its first client and its last delivery. A decision belongs to a message by
// queue id; where Postfix had none yet, by an instance that has one later; else by client, sender
// and recipient within a session.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/maillog/logged_mail.h"
#include "ctl/who/known_decisions.h"

namespace postern::ctl {

// A message to one recipient.
struct Receipt {
  std::optional<UtcTime> time;  // when the message began
  std::string queue_id;
  LoggedClient client;
  std::string helo;
  std::optional<std::string> sender;  // empty: the null sender; none: no log tells
  LoggedPart part;
  std::optional<KnownDecision> decision;  // the one that refused it, else the last one
};

// Those that fit `choice`, by time.
std::vector<Receipt> receipts_of(std::vector<LoggedMail> mails,
                                 std::vector<KnownDecision> decisions, const MailChoice& choice);

}  // namespace postern::ctl

// A message as an MTA's log tells it, put together from its lines by MailAssembler. A value. What
// no line tells is not there, which is not the same as empty.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ctl/maillog/fate.h"
#include "ctl/maillog/mail_event.h"

namespace postern::ctl {

// A message to one recipient.
struct LoggedPart {
  std::string recipient;  // who has it in the end; empty: the message was refused before
  std::string original;   // to whom it was addressed, where that is another; else empty
  Fate fate = Fate::let_in;
  std::optional<UtcTime> time;
  std::string text;         // what was said; may be empty
  std::string goes_on_as;   // the queue id behind a content filter or a forward; empty: none
  bool was_queued = false;  // the MTA has taken it, and the fate is that of a delivery

  // As the client has named the recipient, before an alias made others of it.
  [[nodiscard]] const std::string& addressed_to() const {
    return original.empty() ? recipient : original;
  }
};

// A message, or an attempt that was refused before it became one.
struct LoggedMail {
  struct Verdict : LoggedVerdict {
    std::vector<std::string> recipients;  // of its line
  };

  MailEvent::Mta mta = MailEvent::Mta::postfix;
  std::string queue_id;         // empty: it had none
  std::size_t first_event = 0;  // of the log, by which it began
  std::optional<UtcTime> time;  // of its first line that tells one
  std::optional<LoggedClient> client;
  std::optional<std::string> helo;
  std::optional<std::string> sender;  // empty: the null sender
  std::optional<std::string> message_id;
  std::optional<bool> authenticated;
  std::optional<bool> encrypted;
  std::vector<LoggedPart> parts;    // in the order in which recipients were first named
  std::optional<LoggedPart> whole;  // what was said of all recipients, once they had been taken
  std::optional<Verdict> verdict;   // the last one, also one that let the message go on
};

}  // namespace postern::ctl

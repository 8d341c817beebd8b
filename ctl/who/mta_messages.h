// The messages that an MTA's log tells of, and what has become of each for each recipient. Pure;
// one thread; bounded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ctl/maillog/mail_event.h"
#include "ctl/who/mail_choice.h"

namespace postern::ctl {

enum class Fate {
  delivered,  // into a mailbox, or to a program of this host
  relayed,    // another host has taken it
  deferred,   // in the queue, and not delivered so far
  bounced,    // not delivered: the sender is told
  refused,
  refused_for_now,  // with a 4xx: the client may come again
  discarded,        // taken, and thrown away
  held,             // in quarantine
  let_in,           // taken, and no log tells more
};
// The word above.
std::string_view to_string(Fate fate);
inline bool is_delivered(Fate fate) {
  return fate == Fate::delivered || fate == Fate::relayed;
}

// A message to one recipient.
struct MailPart {
  std::string recipient;  // who has it in the end; empty: the message was refused before
  std::string original;   // to whom it was addressed, where that is another; else empty
  Fate fate = Fate::let_in;
  std::optional<UtcTime> time;
  std::string text;        // what was said; may be empty
  std::string goes_on_as;  // the queue id behind a content filter or a forward; empty: none
};

// A message, or an attempt that was refused before it became one.
struct SeenMail {
  std::string queue_id;         // empty: it had none
  std::optional<UtcTime> time;  // of its first line
  std::optional<LoggedClient> client;
  std::optional<std::string> helo;
  std::optional<std::string> sender;
  std::vector<MailPart> parts;
  std::optional<MailPart> whole;  // what was said of all recipients, once they had been taken

  [[nodiscard]] Envelope envelope() const;
};

class MtaMessages {
 public:
  static constexpr std::size_t kMaxMessages = 300000;
  static constexpr std::size_t kMaxRecipients = 10000;  // of one message
  // Between lines about one session that have no id in common.
  static constexpr std::chrono::seconds kOneSession{5};

  // Messages that do not fit are passed over as soon as that is known. `choice` outlives it.
  explicit MtaMessages(const MailChoice& choice) : choice_(choice) {}

  // In the order of the log, or nearly so.
  void add(const MailEvent& event);
  // All of them, in no order. Ends it.
  std::vector<SeenMail> take();

  [[nodiscard]] std::size_t left_out() const { return left_out_; }

 private:
  SeenMail* message_of(const MailEvent& event);
  void add_verdict(const MailEvent& event);
  void add_delivery(const MailEvent& event);
  void add_waiting(SeenMail& mail);
  void keep(SeenMail mail);
  void end(const std::string& queue_id);
  [[nodiscard]] bool may_fit(const SeenMail& mail) const;

  const MailChoice& choice_;
  std::unordered_map<std::string, SeenMail> open_;  // by queue id
  std::unordered_set<std::string> passed_over_;     // of Postfix, until they are removed
  std::vector<SeenMail> waiting_;                   // held or discarded, of which the id comes next
  std::vector<SeenMail> ended_;
  std::size_t left_out_ = 0;
};

}  // namespace postern::ctl

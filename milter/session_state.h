// What an MTA has told of one SMTP session, as the transaction that rules look at: the milter's
// counterpart of policyd/adapter. What sendmail and Postfix tell differently is the same here.
//
// Every byte is hostile, and calls may come in any order. Owned by a session, one thread at a time;
// pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/mail_path.h"
#include "rules/attribute.h"
#include "rules/model/stage.h"
#include "rules/model/transaction.h"
#include "rules/recipient_key.h"

namespace postern::milter {

// The macros of MAIL; empty when the MTA sent none.
struct MailMacros {
  std::string_view queue_id{};     // i
  std::string_view tls_version{};  // {tls_version}
  MtaReading sender{};             // {mail_addr}
  AttributeTexts texts{};
};

class SessionState {
 public:
  // So many recipients that rules can tell from each other are remembered, in one message.
  static constexpr std::size_t kMaxRecipients = 1000;
  // Of all fields of one name that rules ask for, in one message, at the most.
  static constexpr std::size_t kMaxFieldBytes = 32768;
  // Of the From: fields of one message.
  static constexpr std::size_t kMaxFromMailboxes = 100;

  enum class Tls { told, not_told };

  // `tls`: whether an absent {tls_version} says that there is none. `fields`: the header fields to
  // keep, in lower case, sorted; copied. `max_field_bytes`: of those of one name.
  void begin(Tls tls, const std::vector<std::string>& fields,
             std::size_t max_field_bytes = kMaxFieldBytes);

  // `name`: as the MTA says it, `[192.0.2.1]` or `unknown` when it has none. `ptr`: {client_ptr}.
  void connect(std::string_view name, const std::optional<IpAddress>& client, std::string_view ptr);
  void helo(std::string_view name);
  void mail(std::string_view sender, const MailMacros& macros);
  // `reading`: {rcpt_addr}. That of a refused recipient is the MTA's reason, and is not looked at.
  void rcpt(std::string_view recipient, RecipientState state, MtaReading reading = std::nullopt);
  // What becomes of the recipients of a message that has more than are remembered.
  enum class WhenFull {
    forget_all,  // nobody knows who they are
    keep_first,  // the others are judged as these are
  };
  // Counts the recipient of the last rcpt() among those of the message. `key`: what rules can tell
  // of it.
  void recipient_taken(RecipientKey key, WhenFull when_full = WhenFull::forget_all);
  // Whether no more recipients can be told from each other.
  [[nodiscard]] bool is_full() const { return recipients_.size() >= kMaxRecipients; }
  // About what header and recipients of the message take in memory.
  [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }
  void data();
  void header(std::string_view name, std::string_view value);
  void end_of_message();
  // Takes over what was read elsewhere of a session that has come to `known.stage`. The recipients
  // of the message are those that were taken.
  void assume(const Transaction& known);
  // The message is over, sent or not; the session goes on.
  void end();
  // Postfix has none before the first recipient is taken. An empty one changes nothing.
  void queue_id(std::string_view id);

  [[nodiscard]] const Transaction& transaction() const { return transaction_; }
  // From DATA on: makes one of recipients() the one that rules are asked about. REQUIRES: index
  // below their number.
  void look_at_recipient(std::size_t index);
  // Of the message so far: one of each key. Empty also when there are too many to remember.
  [[nodiscard]] const std::vector<MailAddress>& recipients() const { return recipients_; }

 private:
  void mark_cut(const std::string& field, std::size_t bytes);
  bool take_mailboxes(std::string_view value);

  Transaction transaction_;
  Tls tls_ = Tls::not_told;
  std::vector<std::string> wanted_fields_;
  std::size_t max_field_bytes_ = kMaxFieldBytes;
  std::vector<MailAddress> recipients_;
  std::vector<RecipientKey> keys_;  // of recipients_, in their order
  bool too_many_recipients_ = false;
  MessageHeader header_;
  std::vector<std::size_t> field_bytes_;  // kept so far, by wanted field
  std::size_t kept_bytes_ = 0;
};

}  // namespace postern::milter

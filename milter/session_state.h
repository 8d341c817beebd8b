// Translates what an MTA reports of one SMTP session into the transaction that rules see; the
// milter's counterpart of policyd/adapter. It hides the differences between sendmail and Postfix.
//
// Every byte may be hostile, and the calls may come in any order. A dialogue owns it; one thread at
// a time. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  // Recipients of one message that it remembers, if rules can tell them from each other.
  static constexpr std::size_t kMaxRecipients = 1000;
  // Bytes of all fields of one name that it keeps of one message, if rules ask for the name.
  static constexpr std::size_t kMaxFieldBytes = 32768;
  // Mailboxes that it keeps of the From: fields of one message.
  static constexpr std::size_t kMaxFromMailboxes = 100;

  enum class Tls { told, not_told };

  // Begins a connection. `tls`: whether a missing {tls_version} means a session without TLS.
  // `fields`: the names of the header fields to keep, in lower case, sorted; copied.
  // `max_field_bytes`: bytes to keep of the fields of one name.
  void begin(Tls tls, const std::vector<std::string>& fields,
             std::size_t max_field_bytes = kMaxFieldBytes);

  // `name`: as the MTA writes it, `[192.0.2.1]` or `unknown` for a client without a name. `ptr`:
  // {client_ptr}.
  void connect(std::string_view name, const std::optional<IpAddress>& client, std::string_view ptr);
  void helo(std::string_view name);
  void mail(std::string_view sender, const MailMacros& macros);
  // `reading`: {rcpt_addr}; ignored for a refused recipient, where it holds the MTA's reason.
  void rcpt(std::string_view recipient, RecipientState state, MtaReading reading = std::nullopt);
  // What happens to the recipients of a message that has more than are remembered.
  enum class WhenFull {
    forget_all,  // the message then has no known recipients
    keep_first,  // the first ones stand for the others
  };
  // Adds the recipient of the last rcpt() to the message. `key`: what rules can tell of it. Returns
  // the index of the one of recipients() that has the same key.
  std::size_t recipient_taken(RecipientKey key, WhenFull when_full = WhenFull::forget_all);
  // Whether it can remember no further recipients.
  [[nodiscard]] bool is_full() const { return recipients_.size() >= kMaxRecipients; }
  // The memory that header and recipients of the message take, about.
  [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }
  void data();
  void header(std::string_view name, std::string_view value);
  void end_of_message();
  // Takes over a transaction that was read elsewhere, at the stage `known.stage`. The recipients of
  // the message stay those that were added here.
  void assume(const Transaction& known);
  // Ends the message, sent or not; the session goes on.
  void end();
  // Postfix has no queue ID before it accepts the first recipient. An empty one changes nothing.
  void queue_id(std::string_view id);
  // Of the message, until it ends: an MTA has no name for it yet.
  void instance(std::string text) { transaction_.instance = std::move(text); }
  // Of the decision that comes next.
  void token(std::string text) { transaction_.token = std::move(text); }

  [[nodiscard]] const Transaction& transaction() const { return transaction_; }
  // From DATA on: makes one of recipients() the recipient of the transaction. REQUIRES: `index` is
  // below their number.
  void look_at_recipient(std::size_t index);
  // The recipients of the message so far, one for each key; empty also when they are too many.
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

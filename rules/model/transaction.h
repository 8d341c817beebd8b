// What is known of the SMTP conversation so far: the one form that both doors translate into and
// that every rule sees. A value, owned by the session that fills it; reused from one request to the
// next so that a warm decision allocates little.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/domain_name.h"
#include "common/base/ip_address.h"
#include "common/base/mail_address.h"
#include "rules/model/door.h"
#include "rules/model/stage.h"

namespace postern {

// How a session stands to TLS.
enum class TlsState : std::uint8_t { unknown, plain, encrypted };

// What the MTA itself has said to the recipient. Only a milter is told of those it refused.
enum class RecipientState : std::uint8_t { accepted, refused };

struct HeaderField {
  std::string name;  // in lower case
  std::string text;  // unfolded and decoded (RFC 2047), UTF-8
};

// Of the fields of one name more than is kept: nobody has looked at the rest.
struct CutField {
  std::string name;        // in lower case
  std::size_t fields = 0;  // of which something is missing
  std::size_t bytes = 0;  // that are missing, as the fields came; what decoding adds is not counted
  friend bool operator==(const CutField&, const CutField&) = default;
};

// The header of a message, as far as rules ask for it.
struct MessageHeader {
  std::vector<HeaderField> fields;  // in their order
  std::vector<MailAddress> from;    // the mailboxes of all From: fields
  std::vector<CutField> cut;        // by name, in the order in which they were cut

  void clear();
};

struct Transaction {
  Stage stage = Stage::connect;

  // Absent when the MTA has no network client (a message piped into sendmail).
  std::optional<IpAddress> client;
  std::string client_name;               // forward-confirmed; empty when unknown
  std::string reverse_client_name;       // unverified PTR; empty when unknown
  std::string helo;                      // as the client said it; empty before HELO
  std::optional<MailAddress> sender;     // from MAIL on; the null sender is a sender
  std::optional<MailAddress> recipient;  // at RCPT; later the one that is looked at, if known
  RecipientState recipient_state = RecipientState::accepted;
  std::size_t recipient_count = 0;  // accepted ones; 0 when not known, or not yet
  std::string sasl_username;        // empty: not authenticated
  TlsState tls = TlsState::unknown;
  std::optional<MessageHeader> header;  // at eom, through the milter door

  // For the log and for telling messages apart; no rule depends on them.
  std::string queue_id;
  std::string instance;  // one per message and connection, from RCPT on

  // Forgets everything but keeps the memory.
  void clear();
};

// What a condition can be about. Each has one word, the same in rule files, log lines and pages.
enum class Attribute : std::uint8_t {
  client,
  client_name,
  reverse_client_name,
  tls,
  helo,
  sasl_username,
  sender,
  sender_domain,
  recipient,
  recipient_domain,
  recipient_refused,
  header,               // any field, by its name
  header_from_address,  // of the mailboxes in From:
  header_from_domain,
  header_from_differs,  // from the envelope sender
  headers_cut,          // of fields that rules look at there was more than is kept
};

inline constexpr std::size_t kAttributes = 16;

std::string_view to_string(Attribute attribute);

// The first stage at which the attribute can be known. `tls` and `sasl_username` can change until
// MAIL (STARTTLS, AUTH), so they are only known from there on.
Stage known_from(Attribute attribute);

// Whether the session has come to where the attribute has its value, which may be an empty one.
bool is_known(Attribute attribute, const Transaction& transaction);

// Whether it is about what stands in the message header, in which there may be many fields and
// mailboxes.
bool is_about_header(Attribute attribute);

// The doors through which the attribute can be known: a policy request holds no message header, and
// nothing of recipients that Postfix refuses.
DoorSet known_through(Attribute attribute);

}  // namespace postern

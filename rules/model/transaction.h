// What is known of the SMTP conversation so far: the one form that both doors translate into and
// that every rule sees. A value, owned by the session that fills it; reused from one request to the
// next so that a warm decision allocates little.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "common/base/domain_name.h"
#include "common/base/ip_address.h"
#include "common/base/mail_address.h"
#include "rules/model/stage.h"

namespace postern {

// What conditions and checks can look at; rules/attribute.h has all there is to know of each.
enum class Attribute : std::uint8_t {
  client,
  client_country,  // by the operator's database, as client_asn
  client_asn,
  client_name,
  reverse_client_name,
  helo,
  sender,
  sender_domain,
  recipient,
  recipient_domain,
  sasl_username,
  tls,
  header,               // any field, by its name
  header_from_address,  // of the mailboxes in From:
  header_from_domain,
  header_from_differs,  // from the envelope sender
  headers_cut,          // of fields that rules look at there was more than is kept
  recipient_refused,
  last = recipient_refused
};

inline constexpr std::size_t kAttributes = static_cast<std::size_t>(Attribute::last) + 1;
using AttributeSet = std::bitset<kAttributes>;  // by their number

constexpr AttributeSet attribute_set(std::initializer_list<Attribute> attributes) {
  unsigned long long bits = 0;
  for (const Attribute attribute : attributes) bits |= 1ULL << static_cast<unsigned>(attribute);
  return AttributeSet(bits);
}

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

  void clear() {
    fields.clear();
    from.clear();
    cut.clear();
  }
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

  // What whoever tells of the transaction does not know, whatever stands in the fields: of mail in
  // a log. A door knows it all.
  AttributeSet untold;

  // For the log and for telling messages apart; no rule depends on them.
  std::string queue_id;
  std::string instance;  // one per message and connection, from RCPT on
  std::string token;     // of the decision about it (rules/model/token.h); empty: none

  // Forgets everything but keeps the memory.
  void clear() {
    stage = Stage::connect;
    client.reset();
    sender.reset();
    recipient.reset();
    recipient_state = RecipientState::accepted;
    recipient_count = 0;
    tls = TlsState::unknown;
    header.reset();
    untold.reset();
    for (std::string* text : {&client_name, &reverse_client_name, &helo, &sasl_username, &queue_id,
                              &instance, &token}) {
      text->clear();
    }
  }
};

}  // namespace postern

#include "rules/model/transaction.h"

namespace postern {

void MessageHeader::clear() {
  fields.clear();
  from.clear();
  cut.clear();
}

void Transaction::clear() {
  stage = Stage::connect;
  client.reset();
  client_name.clear();
  reverse_client_name.clear();
  helo.clear();
  sender.reset();
  recipient.reset();
  recipient_state = RecipientState::accepted;
  recipient_count = 0;
  sasl_username.clear();
  tls = TlsState::unknown;
  header.reset();
  queue_id.clear();
  instance.clear();
}

std::string_view to_string(Attribute attribute) {
  switch (attribute) {
    case Attribute::client:
      return "client";
    case Attribute::client_name:
      return "client_name";
    case Attribute::reverse_client_name:
      return "reverse_client_name";
    case Attribute::tls:
      return "tls";
    case Attribute::helo:
      return "helo";
    case Attribute::sasl_username:
      return "sasl_username";
    case Attribute::sender:
      return "sender";
    case Attribute::sender_domain:
      return "sender_domain";
    case Attribute::recipient:
      return "recipient";
    case Attribute::recipient_domain:
      return "recipient_domain";
    case Attribute::recipient_refused:
      return "recipient_refused";
    case Attribute::header:
      return "header";
    case Attribute::header_from_address:
      return "header.from_address";
    case Attribute::header_from_domain:
      return "header.from_domain";
    case Attribute::header_from_differs:
      return "header.from_differs";
    case Attribute::headers_cut:
      return "headers_cut";
  }
  return "";
}

Stage known_from(Attribute attribute) {
  switch (attribute) {
    case Attribute::client:
    case Attribute::client_name:
    case Attribute::reverse_client_name:
      return Stage::connect;
    case Attribute::helo:
      return Stage::helo;
    case Attribute::tls:
    case Attribute::sasl_username:
    case Attribute::sender:
    case Attribute::sender_domain:
      return Stage::mail;
    case Attribute::recipient:
    case Attribute::recipient_domain:
    case Attribute::recipient_refused:
      return Stage::rcpt;
    case Attribute::header:
    case Attribute::header_from_address:
    case Attribute::header_from_domain:
    case Attribute::header_from_differs:
    case Attribute::headers_cut:
      return Stage::eom;
  }
  return Stage::eom;
}

bool is_known(Attribute attribute, const Transaction& transaction) {
  switch (attribute) {
    case Attribute::sender:
    case Attribute::sender_domain:
      return transaction.sender.has_value();
    // After RCPT a policy request names it only when there is exactly one.
    case Attribute::recipient:
    case Attribute::recipient_domain:
      return transaction.recipient.has_value();
    case Attribute::header:
    case Attribute::header_from_address:
    case Attribute::header_from_domain:
    case Attribute::headers_cut:
      return transaction.header.has_value();
    case Attribute::header_from_differs:
      return transaction.header.has_value() && transaction.sender.has_value();
    case Attribute::recipient_refused:
    case Attribute::client:
    case Attribute::client_name:
    case Attribute::reverse_client_name:
    case Attribute::tls:
    case Attribute::helo:
    case Attribute::sasl_username:
      return transaction.stage >= known_from(attribute);
  }
  return false;
}

bool is_about_header(Attribute attribute) {
  return known_from(attribute) == Stage::eom && attribute != Attribute::headers_cut;
}

DoorSet known_through(Attribute attribute) {
  switch (attribute) {
    case Attribute::recipient_refused:
    case Attribute::header:
    case Attribute::header_from_address:
    case Attribute::header_from_domain:
    case Attribute::header_from_differs:
    case Attribute::headers_cut:
      return {Door::milter};
    case Attribute::client:
    case Attribute::client_name:
    case Attribute::reverse_client_name:
    case Attribute::tls:
    case Attribute::helo:
    case Attribute::sasl_username:
    case Attribute::sender:
    case Attribute::sender_domain:
    case Attribute::recipient:
    case Attribute::recipient_domain:
      return DoorSet::all();
  }
  return DoorSet::all();
}

}  // namespace postern

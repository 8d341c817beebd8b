#include "rules/transaction.h"

namespace postern {

void Transaction::clear() {
  stage = Stage::connect;
  client.reset();
  client_name.clear();
  reverse_client_name.clear();
  helo.clear();
  sender.reset();
  recipient.reset();
  sasl_username.clear();
  tls = TlsState::unknown;
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
      return Stage::rcpt;
  }
  return Stage::eom;
}

}  // namespace postern

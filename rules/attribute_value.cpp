#include "rules/attribute_value.h"

namespace postern {

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

}  // namespace postern

// What a transaction has for an attribute, brought together with a list of the kind that fits it.
// Pure.
#pragma once

#include <string>

#include "common/base/domain_name.h"
#include "rules/lists/address_list.h"
#include "rules/lists/domain_list.h"
#include "rules/lists/network_list.h"
#include "rules/lists/text_list.h"
#include "rules/model/transaction.h"

namespace postern {

// `ask(list, value)` with `list` as what it is and the value of `attribute`; `nothing` when there
// is no value to look for. REQUIRES: is_known(), `list` is of list_kind_of(attribute), and the
// attribute is not about the message header.
template <class Answer, class Ask>
Answer look_up(Attribute attribute, const Transaction& t, const lists::List& list, Answer nothing,
               Ask ask) {
  const auto name = [&](const std::string& text) {
    if (text.empty()) return std::move(nothing);
    const auto parsed = DomainName::parse(text);
    return ask(static_cast<const lists::DomainList&>(list), parsed ? parsed->text() : text);
  };
  const auto domain = [&](const MailAddress& address) {
    if (address.domain().empty()) return std::move(nothing);
    return ask(static_cast<const lists::DomainList&>(list), address.domain().text());
  };
  const auto address = [&](const MailAddress& whole) {
    return ask(static_cast<const lists::AddressList&>(list), whole);
  };
  switch (attribute) {
    case Attribute::client:
      return t.client ? ask(static_cast<const lists::NetworkList&>(list), *t.client) : nothing;
    case Attribute::client_name:
      return name(t.client_name);
    case Attribute::reverse_client_name:
      return name(t.reverse_client_name);
    case Attribute::helo:
      return name(t.helo);
    case Attribute::sender:
      return address(*t.sender);
    case Attribute::recipient:
      return address(*t.recipient);
    case Attribute::sender_domain:
      return domain(*t.sender);
    case Attribute::recipient_domain:
      return domain(*t.recipient);
    case Attribute::sasl_username:
      return t.sasl_username.empty()
                 ? nothing
                 : ask(static_cast<const lists::TextList&>(list), t.sasl_username);
    case Attribute::header:
    case Attribute::header_from_address:
    case Attribute::header_from_domain:
    case Attribute::tls:
    case Attribute::recipient_refused:
    case Attribute::header_from_differs:
    case Attribute::headers_cut:
      break;
  }
  return nothing;
}

}  // namespace postern

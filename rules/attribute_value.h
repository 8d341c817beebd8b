// What a transaction has for an attribute, brought together with a list of the kind that fits it.
// Pure.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "common/base/domain_name.h"
#include "common/base/overloaded.h"
#include "rules/attribute.h"
#include "rules/lists/address_list.h"
#include "rules/lists/domain_list.h"
#include "rules/lists/network_list.h"
#include "rules/lists/text_list.h"
#include "rules/model/transaction.h"

namespace postern {

// `ask(list, value)` with `list` as what it is and the value of `attribute`; `nothing` when there
// is no value to look for. REQUIRES: is_known(), `list` is of list_kind_of(attribute), and the
// attribute is not about the message header, nor what a database says.
template <class Answer, class Ask>
Answer look_up(Attribute attribute, const Transaction& t, const lists::List& list, Answer nothing,
               Ask ask) {
  return std::visit(
      Overloaded{[&](const ClientAddress&) {
                   return t.client ? ask(static_cast<const lists::NetworkList&>(list), *t.client)
                                   : std::move(nothing);
                 },
                 [&](const NameIn& in) {
                   const std::string& text = t.*in.field;
                   if (text.empty()) return std::move(nothing);
                   const auto parsed = DomainName::parse(text);
                   return ask(static_cast<const lists::DomainList&>(list),
                              parsed ? parsed->text() : text);
                 },
                 [&](const AddressIn& in) {
                   return ask(static_cast<const lists::AddressList&>(list), *(t.*in.field));
                 },
                 [&](const DomainIn& in) {
                   const DomainName& domain = (t.*in.field)->domain();
                   if (domain.empty()) return std::move(nothing);
                   return ask(static_cast<const lists::DomainList&>(list), domain.text());
                 },
                 [&](const TextIn& in) {
                   const std::string& text = t.*in.field;
                   return text.empty() ? std::move(nothing)
                                       : ask(static_cast<const lists::TextList&>(list), text);
                 },
                 [&](const auto&) { return std::move(nothing); }},
      info_of(attribute).value);
}

}  // namespace postern

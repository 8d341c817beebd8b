// What an MTA has told of a transaction, as fields of a log line: `sender=a@b.example`, and what
// was given in its place. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/mail_address.h"
#include "common/base/overloaded.h"
#include "rules/attribute.h"
#include "rules/model/verdict.h"

namespace postern::explain {

inline constexpr std::string_view kNullSender = "<>";

// Calls `add(key, value)` for each.
template <class Add>
void for_each_address_field(std::string_view key, const MailAddress& address, Add add) {
  add(key, address.is_null() ? kNullSender : std::string_view(address.text()));
  if (address.has_tag()) add(std::string(key) + "_untagged", address.untagged());
  if (!address.given().empty()) add(std::string(key) + "_given", std::string_view(address.given()));
}

// Calls `add(key, value)` for what the transaction has of one attribute that is told by itself; a
// value may be empty.
template <class Add>
void for_each_told_field(const AttributeInfo& info, const Transaction& t, Add add) {
  if (info.told_with != info.attribute) return;
  std::visit(Overloaded{[&](const ClientAddress&) {
                          if (t.client) add(info.word, std::string_view(t.client->to_string()));
                        },
                        [&](const NameIn& in) {
                          // A verified name is that of the PTR record.
                          const bool again = info.attribute == Attribute::reverse_client_name &&
                                             t.reverse_client_name == t.client_name;
                          if (!again) add(info.word, std::string_view(t.*in.field));
                        },
                        [&](const AddressIn& in) {
                          if (t.*in.field) for_each_address_field(info.word, *(t.*in.field), add);
                        },
                        [&](const TextIn& in) { add(info.word, std::string_view(t.*in.field)); },
                        [&](const NoValue&) {
                          const auto answer = info.question.answer(t);
                          if (answer) add(info.word, std::string_view(*answer ? "yes" : "no"));
                        },
                        [](const auto&) {}},
             info.value);
}

// Calls `add(word, text)` for what databases say of the client.
template <class Add>
void for_each_client_fact(const Verdict& verdict, Add add) {
  for (const AttributeInfo& info : attributes()) {
    const auto fact = database_fact(info.attribute);
    const auto index = fact ? static_cast<std::size_t>(*fact) : verdict.client_facts.size();
    if (index < verdict.client_facts.size() && !verdict.client_facts[index].empty()) {
      add(info.word, std::string_view(verdict.client_facts[index]));
    }
  }
}

}  // namespace postern::explain

// What a condition can be about: one table with all there is to know of each attribute. The loader
// of conditions, the options of `posternctl explain`, the fields of the log and what a milter asks
// for are made from it; tests/meta holds the schema of rule files and the manual against it. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "rules/lists/client_database.h"
#include "rules/lists/list.h"
#include "rules/model/door.h"
#include "rules/model/stage.h"
#include "rules/model/transaction.h"

namespace postern {

// Where a transaction has the value, and the kind of lists that it is compared with.
using ComparedWith = std::optional<lists::ListKind>;
struct ClientAddress {
  static constexpr ComparedWith kLists = lists::ListKind::network;
};
struct NameIn {
  static constexpr ComparedWith kLists = lists::ListKind::domain;
  std::string Transaction::*field;
  std::string_view none;  // for a person, in the place of an empty one
};
struct AddressIn {
  static constexpr ComparedWith kLists = lists::ListKind::address;
  std::optional<MailAddress> Transaction::*field;
};
struct DomainIn {
  static constexpr ComparedWith kLists = lists::ListKind::domain;
  std::optional<MailAddress> Transaction::*field;
};
struct TextIn {
  static constexpr ComparedWith kLists = lists::ListKind::text;
  std::string Transaction::*field;
};
// What a database of the operator's says of the client's address; the transaction has no field.
struct FromDatabase {
  static constexpr ComparedWith kLists = lists::ListKind::text;
  lists::ClientFact fact;
};
struct HeaderText {
  static constexpr ComparedWith kLists = lists::ListKind::text;
};
struct FromAddresses {
  static constexpr ComparedWith kLists = lists::ListKind::address;
};
struct FromDomains {
  static constexpr ComparedWith kLists = lists::ListKind::domain;
};
struct FromDiffers {  // compared with the sender alone
  static constexpr ComparedWith kLists = std::nullopt;
};
struct NoValue {  // can only be asked for, by yes or no
  static constexpr ComparedWith kLists = std::nullopt;
};
using AttributeValue =
    std::variant<ClientAddress, NameIn, AddressIn, DomainIn, TextIn, FromDatabase, HeaderText,
                 FromAddresses, FromDomains, FromDiffers, NoValue>;

// The condition that asks for the attribute as it is.
struct AttributeQuestion {
  enum class Answers : std::uint8_t { none, yes, yes_or_no };
  Answers answers = Answers::none;  // that a rule may want
  std::string_view key{};           // in a rule file
  // Nothing when the MTA does not say, which satisfies neither. REQUIRES: is_known().
  std::optional<bool> (*answer)(const Transaction&) = nullptr;
  std::string_view about{};  // for people, where it is not the attribute's own
};

struct AttributeInfo {
  Attribute attribute;
  std::string_view word;   // in rule files, log lines and pages
  std::string_view about;  // for people: options and pages
  // The first stage at which it can be known. `tls` and `sasl_username` can change until MAIL
  // (STARTTLS, AUTH), so they are only known from there on.
  Stage known_from;
  // Through which it can be known: a policy request holds no message header, and nothing of
  // recipients that Postfix refuses.
  DoorSet doors;
  AttributeValue value;
  // With which attribute an MTA, a log line or a person tells it: with itself, when it has a field
  // and an option of its own.
  Attribute told_with;
  std::string_view option_type{};  // of that option: ADDRESS
  AttributeQuestion question{};
  // In which a milter is told it, and which it asks for when a rule looks at it: `{client_ptr}`.
  std::string_view macro{};
};

using AttributeTable = std::array<AttributeInfo, kAttributes>;

namespace attribute_rows {

inline constexpr DoorSet kBoth = DoorSet::all();
inline constexpr DoorSet kMilter{Door::milter};

inline std::optional<bool> is_authenticated(const Transaction& t) {
  return !t.sasl_username.empty();
}

inline std::optional<bool> is_encrypted(const Transaction& t) {
  if (t.tls == TlsState::unknown) return std::nullopt;
  return t.tls == TlsState::encrypted;
}

inline std::optional<bool> is_cut(const Transaction& t) {
  return !t.header->cut.empty();
}

inline std::optional<bool> is_refused(const Transaction& t) {
  return t.recipient_state == RecipientState::refused;
}

inline constexpr AttributeQuestion kNotAsked{};
inline constexpr AttributeQuestion kAuthenticated{AttributeQuestion::Answers::yes_or_no,
                                                  "authenticated", is_authenticated,
                                                  "Whether the client has authenticated"};
inline constexpr AttributeQuestion kTls{AttributeQuestion::Answers::yes_or_no, "tls", is_encrypted};
inline constexpr AttributeQuestion kHeadersCut{AttributeQuestion::Answers::yes_or_no, "headers_cut",
                                               is_cut};
inline constexpr AttributeQuestion kRefused{AttributeQuestion::Answers::yes, "recipient_refused",
                                            is_refused};

// In the order of Attribute; so they stand in log lines and pages.
inline constexpr AttributeTable kRows = {{
    {Attribute::client, "client", "Address of the client", Stage::connect, kBoth, ClientAddress{},
     Attribute::client, "ADDRESS"},
    {Attribute::client_country, "client_country", "Country of the client, by a database",
     Stage::connect, kBoth, FromDatabase{lists::ClientFact::country}, Attribute::client},
    {Attribute::client_asn, "client_asn", "Network of the client (AS), by a database",
     Stage::connect, kBoth, FromDatabase{lists::ClientFact::asn}, Attribute::client},
    {Attribute::client_name, "client_name", "Forward-confirmed name of the client", Stage::connect,
     kBoth, NameIn{&Transaction::client_name, "unknown"}, Attribute::client_name, "NAME"},
    {Attribute::reverse_client_name, "reverse_client_name", "PTR name of the client, not confirmed",
     Stage::connect, kBoth, NameIn{&Transaction::reverse_client_name, "unknown"},
     Attribute::reverse_client_name, "NAME", kNotAsked, "{client_ptr}"},
    {Attribute::helo, "helo", "What the client said in HELO or EHLO", Stage::helo, kBoth,
     NameIn{&Transaction::helo, "none"}, Attribute::helo, "NAME"},
    {Attribute::sender, "sender", "Envelope sender; <> is the null sender", Stage::mail, kBoth,
     AddressIn{&Transaction::sender}, Attribute::sender, "ADDRESS"},
    {Attribute::sender_domain, "sender_domain", "Domain of the envelope sender", Stage::mail, kBoth,
     DomainIn{&Transaction::sender}, Attribute::sender},
    {Attribute::recipient, "recipient", "Envelope recipient", Stage::rcpt, kBoth,
     AddressIn{&Transaction::recipient}, Attribute::recipient, "ADDRESS"},
    {Attribute::recipient_domain, "recipient_domain", "Domain of the envelope recipient",
     Stage::rcpt, kBoth, DomainIn{&Transaction::recipient}, Attribute::recipient},
    {Attribute::sasl_username, "sasl_username", "Who authenticated", Stage::mail, kBoth,
     TextIn{&Transaction::sasl_username}, Attribute::sasl_username, "NAME", kAuthenticated,
     "{auth_authen}"},
    {Attribute::tls, "tls", "Whether the session is encrypted", Stage::mail, kBoth, NoValue{},
     Attribute::tls, "yes|no", kTls, "{tls_version}"},
    {Attribute::header, "header", "Text of a header field, decoded", Stage::eom, kMilter,
     HeaderText{}, Attribute::header, "LINE"},
    {Attribute::header_from_address, "header.from_address", "An address in From:", Stage::eom,
     kMilter, FromAddresses{}, Attribute::header},
    {Attribute::header_from_domain, "header.from_domain",
     "Domain of an address in From:", Stage::eom, kMilter, FromDomains{}, Attribute::header},
    {Attribute::header_from_differs, "header.from_differs",
     "From: does not name the envelope sender, or its domain", Stage::eom, kMilter, FromDiffers{},
     Attribute::header},
    {Attribute::headers_cut, "headers_cut",
     "Whether there was more than is kept of fields that rules look at", Stage::eom, kMilter,
     NoValue{}, Attribute::header, "", kHeadersCut},
    {Attribute::recipient_refused, "recipient_refused", "The MTA itself has refused the recipient",
     Stage::rcpt, kMilter, NoValue{}, Attribute::recipient, "", kRefused, "{rcpt_mailer}"},
}};

constexpr bool is_in_order(const AttributeTable& table) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].attribute) != i || table[i].word.empty()) return false;
  }
  return true;
}
static_assert(is_in_order(kRows), "each attribute has its row");

}  // namespace attribute_rows

constexpr const AttributeTable& attributes() {
  return attribute_rows::kRows;
}
constexpr const AttributeInfo& info_of(Attribute attribute) {
  return attributes()[static_cast<std::size_t>(attribute)];
}

// The attributes that are texts. A policy request has each under its word, a milter in its macro.
inline constexpr auto kTextAttributes = [] {
  constexpr auto kIsText = [](const AttributeInfo& info) {
    return std::holds_alternative<TextIn>(info.value);
  };
  constexpr auto kCount = std::count_if(attributes().begin(), attributes().end(), kIsText);
  std::array<Attribute, static_cast<std::size_t>(kCount)> texts{};
  auto next = texts.begin();
  for (const AttributeInfo& info : attributes()) {
    if (kIsText(info)) *next++ = info.attribute;
  }
  return texts;
}();

// What an MTA tells of kTextAttributes, in their order; empty where it tells nothing.
using AttributeTexts = std::array<std::string_view, kTextAttributes.size()>;

inline void take_texts(const AttributeTexts& texts, Transaction& transaction) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    transaction.*std::get<TextIn>(info_of(kTextAttributes[i]).value).field = texts[i];
  }
}

inline std::string_view to_string(Attribute attribute) {
  return info_of(attribute).word;
}
inline Stage known_from(Attribute attribute) {
  return info_of(attribute).known_from;
}

// Whether the session has come to where the attribute has its value, which may be an empty one, and
// whoever tells of it knows that.
bool is_known(Attribute attribute, const Transaction& transaction);

// Whether nobody will say it at a later stage either.
inline bool is_untold(Attribute attribute, const Transaction& transaction) {
  const AttributeInfo& info = info_of(attribute);
  const bool of_other = std::holds_alternative<FromDatabase>(info.value);
  return transaction.untold.test(static_cast<std::size_t>(of_other ? info.told_with : attribute));
}

// Whether it is about what stands in the message header, in which there may be many fields and
// mailboxes.
bool is_about_header(Attribute attribute);

// What a database says, if the attribute is such a thing.
constexpr std::optional<lists::ClientFact> database_fact(Attribute attribute) {
  const auto* from = std::get_if<FromDatabase>(&info_of(attribute).value);
  return from == nullptr ? std::nullopt : std::optional(from->fact);
}

// The kind of list that an attribute is compared with; none for those that are asked for as they
// are.
inline std::optional<lists::ListKind> list_kind_of(Attribute attribute) {
  return std::visit([](const auto& value) { return value.kLists; }, info_of(attribute).value);
}

}  // namespace postern

// The members of a line that tell of the transaction, both ways: each function with a LineReader
// takes what that with a LineWriter has put there. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rules/journal/line_reader.h"
#include "rules/journal/line_writer.h"
#include "rules/journal/record.h"

namespace postern::journal {

inline constexpr Word<TlsState> kTlsWords[] = {
    {"unknown", TlsState::unknown}, {"no", TlsState::plain}, {"yes", TlsState::encrypted}};

inline void visit_client(LineWriter& io, const std::optional<IpAddress>& client) {
  if (client) io.plain("client", {client->to_string()});
}
template <class Object>
void visit_client(BasicLineReader<Object>& io, std::optional<IpAddress>& client) {
  std::string text;
  io.text("client", text);
  if (text.empty()) return;
  const auto address = IpAddress::parse(text);
  if (!address) return io.wrong_value("client", "an IP address");
  client = *address;
}

// A verified name is that of the PTR record: then nothing is said of that.
inline void visit_reverse_name(LineWriter& io, const Transaction& t) {
  if (t.reverse_client_name != t.client_name) {
    io.text_always("reverse_client_name", t.reverse_client_name);
  }
}
template <class Object>
void visit_reverse_name(BasicLineReader<Object>& io, Transaction& t) {
  t.reverse_client_name = t.client_name;
  io.text("reverse_client_name", t.reverse_client_name);
}

struct AddressKeys {
  std::string_view address;
  std::string_view local_only;  // a local part alone, though it has an `@` in it or nothing
  std::string_view given;
};
inline constexpr AddressKeys kSender{"sender", "sender_local_only", "sender_given"};
inline constexpr AddressKeys kRecipient{"recipient", "recipient_local_only", "recipient_given"};
inline constexpr AddressKeys kMailbox{"address", "local_only", "given"};

inline void visit_address(LineWriter& io, const AddressKeys& keys, const MailAddress& address) {
  const std::string& text = address.text();
  io.text_always(keys.address, text);
  io.flag(keys.local_only, address.kind() == MailAddress::Kind::local_only &&
                               (text.empty() || text.find('@') != std::string::npos));
  io.text(keys.given, address.given());
}
template <class Object>
void visit_address(BasicLineReader<Object>& io, const AddressKeys& keys, MailAddress& address) {
  std::string text;
  bool local_only = false;
  std::string given;
  io.text_always(keys.address, text);
  io.flag(keys.local_only, local_only);
  io.text(keys.given, given);
  const std::size_t at = text.rfind('@');
  if (local_only || (at == std::string::npos && !text.empty())) {
    address = MailAddress::from_parts(text, std::nullopt);
  } else if (!text.empty()) {
    address = MailAddress::from_parts(text.substr(0, at), std::string_view(text).substr(at + 1));
  }
  address.set_given(given);
}

inline void visit_address(LineWriter& io, const AddressKeys& keys,
                          const std::optional<MailAddress>& address) {
  if (address) visit_address(io, keys, *address);
}
template <class Object>
void visit_address(BasicLineReader<Object>& io, const AddressKeys& keys,
                   std::optional<MailAddress>& address) {
  if (io.has(keys.address)) visit_address(io, keys, address.emplace());
}

inline void visit_refused(LineWriter& io, RecipientState state) {
  io.flag("recipient_refused", state == RecipientState::refused);
}
template <class Object>
void visit_refused(BasicLineReader<Object>& io, RecipientState& state) {
  bool refused = false;
  io.flag("recipient_refused", refused);
  state = refused ? RecipientState::refused : RecipientState::accepted;
}

void visit_each(auto& io, auto& each) {
  io.objects("recipients", each,
             [](auto& mailbox_io, auto& mailbox) { visit_address(mailbox_io, kMailbox, mailbox); });
}
inline void visit_recipients(LineWriter& io, const JudgedRecipients& recipients) {
  visit_each(io, recipients.each);
  io.flag("put_aside", recipients.put_aside == PutAside::yes);
  io.flag("mildest", recipients.mixed == MixedRecipients::mildest);
}
template <class Object>
void visit_recipients(BasicLineReader<Object>& io, JudgedRecipients& recipients) {
  bool put_aside = false;
  bool mildest = false;
  visit_each(io, recipients.each);
  io.flag("put_aside", put_aside);
  io.flag("mildest", mildest);
  if (put_aside) recipients.put_aside = PutAside::yes;
  if (mildest) recipients.mixed = MixedRecipients::mildest;
}

void visit_header(auto& io, auto& names, auto& header) {
  io.texts("header_names", names);
  io.objects("header", header.fields, [](auto& field_io, auto& field) {
    field_io.text_always("name", field.name);
    field_io.text("text", field.text);
  });
  io.objects("from", header.from,
             [](auto& mailbox_io, auto& mailbox) { visit_address(mailbox_io, kMailbox, mailbox); });
  io.objects("cut", header.cut, [](auto& cut_io, auto& cut) {
    cut_io.text_always("name", cut.name);
    cut_io.number("fields", cut.fields);
    cut_io.number("bytes", cut.bytes);
  });
}
inline void visit_any_header(LineWriter& io, const JournalRecord& record) {
  const auto& header = record.transaction.header;
  io.flag("has_header", header.has_value());
  if (header) visit_header(io, record.header_names, *header);
}
template <class Object>
void visit_any_header(BasicLineReader<Object>& io, JournalRecord& record) {
  bool has_header = false;
  io.flag("has_header", has_header);
  if (has_header) visit_header(io, record.header_names, record.transaction.header.emplace());
}

void visit_transaction(auto& io, auto& t) {
  io.word("stage", t.stage, kStages);
  visit_client(io, t.client);
  io.text("client_name", t.client_name);
  visit_reverse_name(io, t);
  io.text("helo", t.helo);
  visit_address(io, kSender, t.sender);
  visit_address(io, kRecipient, t.recipient);
  visit_refused(io, t.recipient_state);
  io.number_or_none("recipient_count", t.recipient_count);
  io.text("sasl_username", t.sasl_username);
  io.unusual_word("tls", t.tls, kTlsWords);
  io.text("queue_id", t.queue_id);
  io.text("instance", t.instance);
  io.text("transaction_token", t.token);
}

}  // namespace postern::journal

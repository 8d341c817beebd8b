#include "ctl/log/logged_transaction.h"

#include "common/base/escape.h"
#include "common/base/mail_path.h"
#include "common/base/overloaded.h"
#include "common/base/whole_number.h"

namespace postern::ctl {
namespace {

Result<IpAddress> client_address(std::string_view text) {
  auto address = IpAddress::parse(text);
  if (address) return *address;
  std::string shown;
  append_log_value(shown, text, 80);
  return failure("client: " + shown + " is not an IP address");
}

// What a log line has is read already: `a!b` without an `@` was in quotes.
MailAddress address_in(const std::string& text, const std::string& given) {
  MailAddress address = old_style_address(text) ? MailAddress::from_parts(text, std::nullopt)
                                                : MailAddress::from_envelope(text);
  address.set_given(given);
  return address;
}

}  // namespace

std::optional<Door> door_named(std::string_view name) {
  for (Door door : {Door::policy, Door::milter}) {
    if (name == to_string(door)) return door;
  }
  return std::nullopt;
}

Result<void> tell(const AttributeInfo& info, const std::string& text, Transaction& transaction,
                  const std::function<MailAddress(const std::string&)>& read_address) {
  if (info.attribute == Attribute::client) {
    const auto client = client_address(text);
    if (!client) return tl::unexpected(client.error());
    transaction.client = *client;
  }
  if (info.attribute == Attribute::tls) {
    transaction.tls = text == "yes" ? TlsState::encrypted : TlsState::plain;
  }
  std::visit(Overloaded{[&](const NameIn& in) { transaction.*in.field = text; },
                        [&](const TextIn& in) { transaction.*in.field = text; },
                        [&](const AddressIn& in) { transaction.*in.field = read_address(text); },
                        [](const auto&) {}},
             info.value);
  return {};
}

Result<void> fill_from_log(const LogFields& fields, Transaction& transaction) {
  for (const AttributeInfo& info : attributes()) {
    const std::string& text = field_of(fields, info.word);
    const bool is_told = info.told_with == info.attribute && !text.empty();
    if (!is_told || (info.attribute == Attribute::client && text == "-")) continue;
    auto told = tell(info, text, transaction, [&](const std::string& address) {
      return address_in(address, field_of(fields, std::string(info.word) + "_given"));
    });
    if (!told) return told;
  }
  // Not written twice: a verified name is that of the PTR record.
  if (!fields.contains("reverse_client_name")) {
    transaction.reverse_client_name = transaction.client_name;
  }
  if (fields.contains("recipient_refused")) transaction.recipient_state = RecipientState::refused;
  transaction.recipient_count =
      parse_whole<std::size_t>(field_of(fields, "recipient_count")).value_or(0);
  transaction.queue_id = field_of(fields, "queue_id");
  transaction.token = field_of(fields, "token");
  transaction.instance = field_of(fields, "instance");
  return {};
}

}  // namespace postern::ctl

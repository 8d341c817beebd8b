#include "ctl/explain/transaction_input.h"

#include <algorithm>
#include <charconv>

#include "common/base/ascii_case.h"
#include "common/base/escape.h"
#include "common/base/mail_path.h"
#include "ctl/log/log_entry.h"
#include "milter/conversation.h"
#include "policyd/adapter.h"
#include "policyd/request.h"

namespace postern::ctl {
namespace {

// A person may paste more than Postfix sends.
constexpr policyd::PolicyRequestLimits kRequestLimits{std::size_t{1} << 20, 1000};

std::string in_quotes(std::string_view text) {
  std::string out;
  append_log_value(out, text, 80);
  return out;
}

Result<IpAddress> client_address(std::string_view text) {
  auto address = IpAddress::parse(text);
  if (!address) return failure("client: " + in_quotes(text) + " is not an IP address");
  return *address;
}

// `Subject: text` to name and value.
Result<std::pair<std::string, std::string>> header_line(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || text.find(' ') < colon) {
    return failure("header: " + in_quotes(text) + " is not one; want 'Subject: text'");
  }
  const std::size_t value = std::min(text.find_first_not_of(' ', colon + 1), text.size());
  return std::pair{text.substr(0, colon), text.substr(value)};
}

// The fields as the milter door would see them.
Result<MessageHeader> message_header(const std::vector<std::string>& lines) {
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> names;
  for (const std::string& line : lines) {
    auto field = header_line(line);
    if (!field) return tl::unexpected(field.error());
    names.push_back(ascii_lower(field->first));
    fields.push_back(std::move(*field));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  milter::Conversation conversation;
  conversation.begin(milter::Conversation::Tls::not_told, names);
  for (const auto& [name, value] : fields) conversation.header(name, value);
  conversation.end_of_message();
  return *conversation.transaction().header;
}

constexpr std::string_view kAnyRecipient = "anyone@recipient.invalid";  // RFC 2606 2

bool wants_any_recipient(const ExplainOptions& options) {
  return options.recipients.empty() && options.sender && options.stage.empty();
}

Stage last_told(const ExplainOptions& options) {
  if (!options.headers.empty()) return Stage::eom;
  if (!options.recipients.empty() || wants_any_recipient(options)) return Stage::rcpt;
  if (options.sender || options.tls || !options.sasl_username.empty()) return Stage::mail;
  return options.helo.empty() ? Stage::connect : Stage::helo;
}

void forget_beyond(TransactionInput& input) {
  std::erase_if(input.untold, [&](Attribute attribute) {
    return known_from(attribute) > input.transaction.stage;
  });
  if (input.transaction.stage >= Stage::rcpt && !input.recipients.empty()) {
    input.transaction.recipient = input.recipients.front();
  }
}

std::vector<Attribute> untold_by(const ExplainOptions& options) {
  std::vector<Attribute> untold;
  const auto add = [&](bool told, std::initializer_list<Attribute> attributes) {
    if (!told) untold.insert(untold.end(), attributes);
  };
  add(!options.client.empty(), {Attribute::client});
  add(!options.client_name.empty(), {Attribute::client_name});
  add(!options.reverse_client_name.empty(), {Attribute::reverse_client_name});
  add(!options.helo.empty(), {Attribute::helo});
  add(options.sender.has_value(), {Attribute::sender, Attribute::sender_domain});
  add(options.tls.has_value(), {Attribute::tls});
  add(!options.sasl_username.empty(), {Attribute::sasl_username});
  add(!options.recipients.empty() || wants_any_recipient(options),
      {Attribute::recipient, Attribute::recipient_domain});
  add(!options.headers.empty(),
      {Attribute::header, Attribute::header_from_address, Attribute::header_from_domain,
       Attribute::header_from_differs, Attribute::headers_cut});
  return untold;
}

// One field of a log line; empty when it is not there.
std::string text_of(const LogFields& fields, std::string_view key) {
  const auto field = fields.find(key);
  return field == fields.end() ? std::string() : field->second.text;
}

// As SMTP has it, in brackets, or as a log or a policy request has it.
MailAddress told_address(const std::string& text) {
  return text.starts_with('<') ? read_path(text, std::nullopt) : MailAddress::from_envelope(text);
}

// What stands there has been read once: `a!b` without an `@` was in quotes.
std::optional<MailAddress> address_in(const LogFields& fields, const std::string& key) {
  if (!fields.contains(key)) return std::nullopt;
  const std::string text = text_of(fields, key);
  MailAddress address = old_style_address(text) ? MailAddress::from_parts(text, std::nullopt)
                                                : MailAddress::from_envelope(text);
  address.set_given(text_of(fields, key + "_given"));
  return address;
}

std::optional<Door> door_named(std::string_view name) {
  for (Door door : {Door::policy, Door::milter}) {
    if (name == to_string(door)) return door;
  }
  return std::nullopt;
}

template <class Integer>
Integer number_in(const LogFields& fields, std::string_view key) {
  Integer number = 0;
  const std::string text = text_of(fields, key);
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

TlsState tls_in(const LogFields& fields) {
  const std::string text = text_of(fields, "tls");
  if (text.empty()) return TlsState::unknown;
  return text == "yes" ? TlsState::encrypted : TlsState::plain;
}

void fill_from_log(const LogFields& fields, Transaction& transaction) {
  transaction.client_name = text_of(fields, "client_name");
  // Not written twice: a verified name is that of the PTR record.
  transaction.reverse_client_name = fields.contains("reverse_client_name")
                                        ? text_of(fields, "reverse_client_name")
                                        : transaction.client_name;
  transaction.helo = text_of(fields, "helo");
  transaction.sender = address_in(fields, "sender");
  transaction.recipient = address_in(fields, "recipient");
  if (fields.contains("recipient_refused")) transaction.recipient_state = RecipientState::refused;
  transaction.recipient_count = number_in<std::size_t>(fields, "recipient_count");
  transaction.sasl_username = text_of(fields, "sasl_username");
  transaction.tls = tls_in(fields);
  transaction.queue_id = text_of(fields, "queue_id");
  transaction.instance = text_of(fields, "instance");
}

Result<TransactionInput> transaction_from_fields(const LogFields& fields) {
  TransactionInput input;
  input.stage_from = TransactionInput::StageFrom::asked;
  input.door = door_named(text_of(fields, "door"));
  const auto stage = parse_stage(text_of(fields, "stage"));
  if (!input.door || !stage) return failure("the decision line names no door or no stage");
  input.transaction.stage = *stage;
  if (const std::string client = text_of(fields, "client"); !client.empty() && client != "-") {
    const auto address = client_address(client);
    if (!address) return tl::unexpected(address.error());
    input.transaction.client = *address;
  }
  fill_from_log(fields, input.transaction);
  if (input.transaction.recipient) input.recipients.push_back(*input.transaction.recipient);
  input.logged = {number_in<std::uint64_t>(fields, "generation"), text_of(fields, "rule"),
                  text_of(fields, "action"), text_of(fields, "mixed_recipients")};
  for (const char* key :
       {"client_name", "reverse_client_name", "helo", "sender", "recipient", "sasl_username"}) {
    const auto field = fields.find(key);
    if (field != fields.end() && field->second.cut) input.cut.emplace_back(key);
  }
  input.untold = {Attribute::header, Attribute::header_from_address, Attribute::header_from_domain,
                  Attribute::header_from_differs, Attribute::headers_cut};
  if (input.transaction.tls == TlsState::unknown) input.untold.push_back(Attribute::tls);
  forget_beyond(input);
  return input;
}

}  // namespace

Result<TransactionInput> transaction_from_options(const ExplainOptions& options) {
  TransactionInput input;
  Transaction& transaction = input.transaction;
  transaction.stage = last_told(options);
  if (!options.stage.empty()) {
    const auto stage = parse_stage(options.stage);
    if (!stage) {
      return failure("stage: " + in_quotes(options.stage) +
                     " is none; want connect, helo, mail, rcpt, data or eom");
    }
    transaction.stage = *stage;
    input.stage_from = TransactionInput::StageFrom::asked;
  }
  if (!options.client.empty()) {
    const auto client = client_address(options.client);
    if (!client) return tl::unexpected(client.error());
    transaction.client = *client;
  }
  transaction.client_name = options.client_name;
  transaction.reverse_client_name = options.reverse_client_name;
  transaction.helo = options.helo;
  if (options.sender) transaction.sender = told_address(*options.sender);
  transaction.sasl_username = options.sasl_username;
  if (options.tls) transaction.tls = *options.tls ? TlsState::encrypted : TlsState::plain;
  for (const std::string& recipient : options.recipients) {
    input.recipients.push_back(told_address(recipient));
  }
  input.any_recipient = wants_any_recipient(options);
  if (input.any_recipient) input.recipients.push_back(MailAddress::from_envelope(kAnyRecipient));
  if (!options.headers.empty()) {
    auto header = message_header(options.headers);
    if (!header) return tl::unexpected(header.error());
    transaction.header = std::move(*header);
  }
  input.untold = untold_by(options);
  forget_beyond(input);
  return input;
}

Result<TransactionInput> transaction_from_request(std::string_view text) {
  policyd::PolicyRequestReader reader(kRequestLimits);
  auto state = reader.read(text);
  std::string whole;
  if (state == policyd::PolicyRequestReader::State::incomplete) {
    whole = std::string(text) + (text.ends_with('\n') ? "\n" : "\n\n");
    state = reader.read(whole);
  }
  if (state == policyd::PolicyRequestReader::State::bad)
    return failure("policy request: " + reader.error());
  if (state == policyd::PolicyRequestReader::State::incomplete)
    return failure("policy request: too long");
  const policyd::PolicyRequest& request = reader.request();
  const auto stage = policyd::stage_of(request.protocol_state);
  if (!stage) {
    return failure("policy request: protocol_state=" + in_quotes(request.protocol_state) +
                   ", about which Postern decides nothing: the answer is DUNNO");
  }
  TransactionInput input;
  input.stage_from = TransactionInput::StageFrom::asked;
  input.door = Door::policy;
  policyd::fill_transaction(request, *stage, input.transaction);
  if (input.transaction.recipient) input.recipients.push_back(*input.transaction.recipient);
  return input;
}

namespace {

// Of the decision in a line; nothing when there is none. A person has picked the line: what stands
// in front of it need not be known, but what holds it as an object has to be taken off.
std::optional<Result<LogFields>> fields_of(std::string_view line) {
  const LogCalendar any_time{{}, [](LocalTime local) { return UtcTime(local.time_since_epoch()); }};
  LogEntry entry = read_log_entry(line, any_time);
  if (entry.kind == LogEntry::Kind::decision) return std::move(entry.fields);
  if (is_decision_line(line)) return read_log_line(line);
  return std::nullopt;
}

}  // namespace

Result<TransactionInput> transaction_from_log(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (auto fields = fields_of(line)) return fields->and_then(transaction_from_fields);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return failure("no decision in it; want a line with 'decision door=...'");
}

Result<LoggedTransactions> transactions_from_log(std::string_view text) {
  LoggedTransactions logged;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    auto fields = fields_of(line);
    if (!fields) continue;
    if (logged.inputs.size() + logged.faults.size() == kMaxDecisions) {
      return failure("more than " + std::to_string(kMaxDecisions) +
                     " decisions in it; want fewer, or posternctl report");
    }
    if (auto input = fields->and_then(transaction_from_fields)) {
      logged.inputs.push_back(std::move(*input));
    } else {
      logged.faults.push_back("line " + std::to_string(number) + ": " + input.error().text);
    }
  }
  if (!logged.inputs.empty() || !logged.faults.empty()) return logged;
  return failure("no decision in it; want a line with 'decision door=...'");
}

}  // namespace postern::ctl

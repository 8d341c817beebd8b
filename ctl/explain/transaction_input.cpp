#include "ctl/explain/transaction_input.h"

#include <algorithm>

#include "common/base/ascii_case.h"
#include "common/base/escape.h"
#include "common/base/mail_path.h"
#include "common/base/whole_number.h"
#include "ctl/log/log_entry.h"
#include "ctl/log/logged_transaction.h"
#include "milter/session_state.h"
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
  milter::SessionState state;
  state.begin(milter::SessionState::Tls::not_told, names);
  for (const auto& [name, value] : fields) state.header(name, value);
  state.end_of_message();
  return *state.transaction().header;
}

constexpr std::string_view kAnyRecipient = "anyone@recipient.invalid";  // RFC 2606 2

// What is told of one attribute; null: nothing.
const std::string* told_text(const ExplainOptions& options, Attribute attribute) {
  const auto told = options.told.find(attribute);
  const bool is_told =
      told != options.told.end() && (attribute == Attribute::sender || !told->second.empty());
  return is_told ? &told->second : nullptr;
}

bool wants_any_recipient(const ExplainOptions& options) {
  return options.recipients.empty() && told_text(options, Attribute::sender) != nullptr &&
         options.stage.empty();
}

bool is_told(const ExplainOptions& options, Attribute attribute) {
  if (attribute == Attribute::header) return !options.headers.empty();
  if (attribute == Attribute::recipient) {
    return !options.recipients.empty() || wants_any_recipient(options);
  }
  return told_text(options, attribute) != nullptr;
}

Stage last_told(const ExplainOptions& options) {
  Stage last = Stage::connect;
  for (const AttributeInfo& info : attributes()) {
    if (is_told(options, info.attribute)) last = std::max(last, info.known_from);
  }
  return last;
}

void forget_beyond(TransactionInput& input) {
  std::erase_if(input.untold, [&](Attribute attribute) {
    return known_from(attribute) > input.transaction.stage;
  });
  if (input.transaction.stage >= Stage::rcpt && !input.recipients.empty()) {
    input.transaction.recipient = input.recipients.front();
  }
}

// Those that are told with one for which `told` does not hold.
template <class Told>
std::vector<Attribute> untold_by(Told told) {
  std::vector<Attribute> untold;
  for (const AttributeInfo& info : attributes()) {
    if (!told(info.told_with)) untold.push_back(info.attribute);
  }
  return untold;
}

// As SMTP has it, in brackets, or as a log or a policy request has it.
MailAddress told_address(const std::string& text) {
  return text.starts_with('<') ? read_path(text, std::nullopt) : MailAddress::from_envelope(text);
}

}  // namespace

Result<TransactionInput> transaction_from_fields(const LogFields& fields) {
  TransactionInput input;
  input.stage_from = TransactionInput::StageFrom::asked;
  input.door = door_named(field_of(fields, "door"));
  const auto stage = parse_stage(field_of(fields, "stage"));
  if (!input.door || !stage) return failure("the decision line names no door or no stage");
  input.transaction.stage = *stage;
  if (auto filled = fill_from_log(fields, input.transaction); !filled) {
    return tl::unexpected(filled.error());
  }
  if (input.transaction.recipient) input.recipients.push_back(*input.transaction.recipient);
  input.logged = {parse_whole<std::uint64_t>(field_of(fields, "generation")).value_or(0),
                  field_of(fields, "rule"), field_of(fields, "action"),
                  field_of(fields, "mixed_recipients")};
  for (const AttributeInfo& info : attributes()) {
    const auto field = fields.find(info.word);
    if (field != fields.end() && field->second.cut) input.cut.emplace_back(info.word);
  }
  input.untold = untold_by([&](Attribute told_with) {
    return told_with != Attribute::header &&
           (told_with != Attribute::tls || input.transaction.tls != TlsState::unknown);
  });
  forget_beyond(input);
  return input;
}

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
  for (const AttributeInfo& info : attributes()) {
    const std::string* text = told_text(options, info.attribute);
    if (text == nullptr) continue;
    const auto told = tell(info, *text, transaction, told_address);
    if (!told) return tl::unexpected(told.error());
  }
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
  input.untold = untold_by([&](Attribute told_with) { return is_told(options, told_with); });
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

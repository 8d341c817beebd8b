#include "milter/session_state.h"

#include <algorithm>
#include <utility>

#include "common/base/ascii_case.h"
#include "common/mime/header_text.h"

namespace postern::milter {
namespace {

// What a field costs beside its text.
constexpr std::size_t kFieldOverhead = 64;

// The text is there up to four times: local part, domain, both, and as it was given.
std::size_t size_of(const MailAddress& address) {
  return sizeof(MailAddress) + 2 * address.text().size() + address.given().size();
}

std::size_t size_of(const RecipientKey& key) {
  return sizeof(RecipientKey) + key.size() * sizeof(RecipientKey::value_type);
}

// sendmail says `[192.0.2.1]` and `[IPv6:...]` for a client without a name, Postfix `[192.0.2.1]`,
// and `unknown` in macros.
std::string_view known_name(std::string_view name) {
  return name == "unknown" || name.starts_with('[') ? std::string_view{} : name;
}

}  // namespace

void SessionState::begin(Tls tls, const std::vector<std::string>& fields,
                         std::size_t max_field_bytes) {
  tls_ = tls;
  max_field_bytes_ = std::min(max_field_bytes, kMaxFieldBytes);
  wanted_fields_ = fields;
  field_bytes_.assign(wanted_fields_.size(), 0);
}

void SessionState::connect(std::string_view name, const std::optional<IpAddress>& client,
                           std::string_view ptr) {
  transaction_.clear();
  end();
  transaction_.client = client;
  // Without a client there is nobody to have a name: `localhost` is the sendmail program itself.
  if (client) {
    transaction_.client_name = known_name(name);
    transaction_.reverse_client_name = known_name(ptr);
  }
}

void SessionState::helo(std::string_view name) {
  end();
  transaction_.stage = Stage::helo;
  transaction_.helo = name;
}

void SessionState::mail(std::string_view sender, const MailMacros& macros) {
  end();
  transaction_.stage = Stage::mail;
  transaction_.sender = read_path(sender, macros.sender);
  take_texts(macros.texts, transaction_);
  if (!macros.tls_version.empty()) {
    transaction_.tls = TlsState::encrypted;
  } else {
    transaction_.tls = tls_ == Tls::told ? TlsState::plain : TlsState::unknown;
  }
  queue_id(macros.queue_id);
}

void SessionState::rcpt(std::string_view recipient, RecipientState state, MtaReading reading) {
  transaction_.stage = Stage::rcpt;
  if (state == RecipientState::refused) reading.reset();
  transaction_.recipient = read_path(recipient, reading);
  transaction_.recipient_state = state;
}

std::size_t SessionState::recipient_taken(RecipientKey key, WhenFull when_full) {
  if (!transaction_.recipient) return 0;
  ++transaction_.recipient_count;
  const auto same = std::find(keys_.begin(), keys_.end(), key);
  const auto index = static_cast<std::size_t>(same - keys_.begin());
  if (too_many_recipients_ || same != keys_.end()) return index;
  if (is_full()) {
    if (when_full == WhenFull::keep_first) return 0;
    too_many_recipients_ = true;
    recipients_.clear();
    return 0;
  }
  kept_bytes_ += size_of(*transaction_.recipient) + size_of(key);
  recipients_.push_back(*transaction_.recipient);
  keys_.push_back(std::move(key));
  return index;
}

void SessionState::data() {
  transaction_.stage = Stage::data;
  transaction_.recipient.reset();
  transaction_.recipient_state = RecipientState::accepted;
  if (recipients_.size() == 1) transaction_.recipient = recipients_.front();
}

void SessionState::header(std::string_view name, std::string_view value) {
  std::string lower = ascii_lower(name);
  const auto wanted = std::lower_bound(wanted_fields_.begin(), wanted_fields_.end(), lower);
  if (wanted == wanted_fields_.end() || *wanted != lower) return;
  std::size_t& bytes = field_bytes_[static_cast<std::size_t>(wanted - wanted_fields_.begin())];
  const std::size_t room = max_field_bytes_ - std::min(max_field_bytes_, bytes + kFieldOverhead);
  const bool fits = value.size() <= room;
  const std::string_view kept = value.substr(0, room);
  bytes += value.size() + kFieldOverhead;
  if (room == 0) {
    if (!fits) mark_cut(lower, value.size());
    return;
  }
  bool is_cut = !fits;
  // A mailbox that was cut would be another one.
  if (fits && lower == "from") is_cut = !take_mailboxes(value);
  // Decoding can make a text longer than it came.
  mime::HeaderText text = mime::decode_header_text(kept);
  is_cut = is_cut || text.extent == mime::HeaderText::Extent::cut;
  if (is_cut) mark_cut(lower, value.size() - kept.size());
  kept_bytes_ += sizeof(HeaderField) + lower.size() + text.text.size();
  header_.fields.push_back({std::move(lower), std::move(text.text)});
}

// A message has one From: field with one mailbox, as a rule (RFC 5322 3.6.2). False: not all are
// kept.
bool SessionState::take_mailboxes(std::string_view value) {
  auto mailboxes = mime::header_mailboxes(value);
  const std::size_t room = std::min(kMaxFromMailboxes - header_.from.size(), mailboxes.size());
  const auto end = mailboxes.begin() + static_cast<std::ptrdiff_t>(room);
  for (auto mailbox = mailboxes.begin(); mailbox != end; ++mailbox) {
    kept_bytes_ += size_of(*mailbox);
    header_.from.push_back(std::move(*mailbox));
  }
  return room == mailboxes.size() && room < mime::kMaxMailboxes;
}

void SessionState::mark_cut(const std::string& field, std::size_t bytes) {
  auto& cut = header_.cut;
  auto of =
      std::find_if(cut.begin(), cut.end(), [&](const CutField& one) { return one.name == field; });
  if (of == cut.end()) of = cut.insert(of, {.name = field});
  ++of->fields;
  of->bytes += bytes;
}

void SessionState::end_of_message() {
  data();
  transaction_.stage = Stage::eom;
  transaction_.header = std::move(header_);
  header_.clear();
}

void SessionState::queue_id(std::string_view id) {
  if (!id.empty()) transaction_.queue_id = id;
}

void SessionState::assume(const Transaction& known) {
  if (known.stage <= Stage::mail) end();
  const std::size_t taken = transaction_.recipient_count;
  transaction_ = known;
  transaction_.recipient_count = taken;
  if (known.stage >= Stage::data) data();
  transaction_.stage = known.stage;
}

void SessionState::look_at_recipient(std::size_t index) {
  transaction_.recipient = recipients_[index];
}

void SessionState::end() {
  transaction_.sender.reset();
  transaction_.recipient.reset();
  transaction_.recipient_state = RecipientState::accepted;
  transaction_.recipient_count = 0;
  transaction_.header.reset();
  transaction_.queue_id.clear();
  transaction_.instance.clear();
  recipients_.clear();
  keys_.clear();
  too_many_recipients_ = false;
  header_.clear();
  kept_bytes_ = 0;
  field_bytes_.assign(wanted_fields_.size(), 0);
}

}  // namespace postern::milter

#include "ctl/who/mta_messages.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/ip_scope.h"
#include "ctl/maillog/line_fields.h"

namespace postern::ctl {
namespace {

using Kind = MailEvent::Kind;

constexpr std::size_t kMaxWaiting = 100;

template <class T>
void fill_in(std::optional<T>& known, const std::optional<T>& told) {
  if (!known) known = told;
}

void fill_in(SeenMail& mail, const MailEvent& event) {
  fill_in(mail.time, event.time);
  fill_in(mail.client, event.client);
  fill_in(mail.helo, event.helo);
  fill_in(mail.sender, event.sender);
}

// Nothing: it goes on as if nothing had been.
std::optional<Fate> fate_of(const LoggedVerdict& verdict) {
  const std::string_view action = verdict.action;
  if (action.ends_with("discard")) return Fate::discarded;
  if (action.ends_with("hold")) return Fate::held;
  if (!action.ends_with("reject")) return std::nullopt;
  return verdict.reply.starts_with('4') ? Fate::refused_for_now : Fate::refused;
}

// Whether another host has it: `mx.example[192.0.2.1]:25`, not `virtual`, `mx[private/lmtp]` or
// `127.0.0.1[127.0.0.1]:24`.
bool is_elsewhere(const std::string& relay) {
  const auto host = read_client(relay);
  return host && host->address && scope_of(*host->address) != IpScope::loopback;
}

// Nothing: it is about no message, but about an address (verify(8)).
std::optional<Fate> fate_of(MailEvent::Mta mta, const LoggedDelivery& delivery) {
  if (delivery.status == "sent") {
    // discard(8) hands nothing on.
    if (mta == MailEvent::Mta::postfix && delivery.relay == "none") return Fate::discarded;
    return is_elsewhere(delivery.relay) ? Fate::relayed : Fate::delivered;
  }
  if (delivery.status == "discarded") return Fate::discarded;
  if (delivery.status.ends_with("deliverable")) return std::nullopt;
  const bool is_late = delivery.status == "deferred" || delivery.status == "queued" ||
                       delivery.status == "SOFTBOUNCE" || delivery.dsn.starts_with('4');
  return is_late ? Fate::deferred : Fate::bounced;
}

// What was said of one recipient; what was delivered stays so.
void set_part(SeenMail& mail, MailPart part) {
  const auto known = std::find_if(mail.parts.begin(), mail.parts.end(), [&](const MailPart& one) {
    return one.recipient == part.recipient && one.original == part.original;
  });
  if (known == mail.parts.end()) {
    if (mail.parts.size() < MtaMessages::kMaxRecipients) mail.parts.push_back(std::move(part));
  } else if (!is_delivered(known->fate)) {
    *known = std::move(part);
  }
}

}  // namespace

std::string_view to_string(Fate fate) {
  constexpr std::array<std::string_view, 9> kWords{"delivered", "relayed", "deferred",
                                                   "bounced",   "refused", "refused_for_now",
                                                   "discarded", "held",    "let_in"};
  return kWords[static_cast<std::size_t>(fate)];
}

Envelope SeenMail::envelope() const {
  return {client ? client->address : std::nullopt, helo, sender};
}

void MtaMessages::add(const MailEvent& event) {
  switch (event.kind) {
    case Kind::client:
      end(event.queue_id);  // an id that is used again
      [[fallthrough]];
    case Kind::sender:
      if (SeenMail* mail = message_of(event)) add_waiting(*mail);
      return;
    case Kind::delivery:
      return add_delivery(event);
    case Kind::verdict:
      return add_verdict(event);
    case Kind::ended:
      return end(event.queue_id);
    case Kind::message_id:
      return;
  }
}

// A content filter brings back what another client has sent.
bool MtaMessages::may_fit(const SeenMail& mail) const {
  Envelope known = mail.envelope();
  if (mail.client && mail.client->is_inside()) known.client.reset();
  return choice_.fit(known) != Fit::no && (!mail.time || choice_.is_in_time(mail.time));
}

// Null: it does not fit.
SeenMail* MtaMessages::message_of(const MailEvent& event) {
  if (event.queue_id.empty() || passed_over_.contains(event.queue_id)) return nullptr;
  const auto [place, is_new] = open_.try_emplace(event.queue_id);
  SeenMail& mail = place->second;
  mail.queue_id = event.queue_id;
  fill_in(mail, event);
  const bool fits = may_fit(mail);
  const bool is_full = is_new && open_.size() + ended_.size() > kMaxMessages;
  if (fits && !is_full) return &mail;
  if (fits) ++left_out_;
  open_.erase(place);
  // sendmail says all that it knows in one line, and does not say when a message is gone.
  if (event.mta == MailEvent::Mta::postfix) passed_over_.insert(event.queue_id);
  return nullptr;
}

void MtaMessages::add_delivery(const MailEvent& event) {
  const auto mail = open_.find(event.queue_id);
  const auto fate = fate_of(event.mta, *event.delivery);
  if (mail == open_.end() || !fate) return;
  const auto host = read_client(event.delivery->relay);
  const bool comes_back = !host || host->is_inside();
  for (const std::string& recipient : event.recipients) {
    const std::string original = event.original_recipient.value_or("");
    set_part(mail->second,
             {recipient, original == recipient ? "" : original, *fate, event.time,
              event.delivery->text, comes_back ? event.delivery->queued_as : std::string()});
  }
}

void MtaMessages::add_verdict(const MailEvent& event) {
  const auto fate = fate_of(*event.verdict);
  if (!fate) return;
  MailPart part{{}, {}, *fate, event.time, event.verdict->reply, {}};
  SeenMail attempt;
  fill_in(attempt, event);
  SeenMail* mail = event.queue_id.empty() ? &attempt : message_of(event);
  if (mail == nullptr || !may_fit(*mail)) return;
  const auto stage = event.verdict->stage;
  if (event.recipients.empty() || stage == Stage::data || stage == Stage::eom) {
    mail->whole = part;
  } else {
    part.recipient = event.recipients.front();
    set_part(*mail, std::move(part));
  }
  if (mail != &attempt) return;
  if (*fate != Fate::held && *fate != Fate::discarded) return keep(std::move(attempt));
  if (waiting_.size() == kMaxWaiting) {
    keep(std::move(waiting_.front()));
    waiting_.erase(waiting_.begin());
  }
  waiting_.push_back(std::move(attempt));
}

// Postfix tells what it holds or discards at MAIL or RCPT before the message has an id.
void MtaMessages::add_waiting(SeenMail& mail) {
  const auto same = std::find_if(waiting_.begin(), waiting_.end(), [&](const SeenMail& one) {
    return one.client && one.client == mail.client && one.time && mail.time &&
           *mail.time - *one.time <= kOneSession;
  });
  if (same == waiting_.end()) return;
  fill_in(mail.sender, same->sender);
  fill_in(mail.helo, same->helo);
  fill_in(mail.whole, same->whole);
  for (MailPart& part : same->parts) set_part(mail, std::move(part));
  waiting_.erase(same);
}

void MtaMessages::keep(SeenMail mail) {
  if (open_.size() + ended_.size() < kMaxMessages) return ended_.push_back(std::move(mail));
  ++left_out_;
}

void MtaMessages::end(const std::string& queue_id) {
  passed_over_.erase(queue_id);
  const auto mail = open_.find(queue_id);
  if (mail == open_.end()) return;
  ended_.push_back(std::move(mail->second));
  open_.erase(mail);
}

std::vector<SeenMail> MtaMessages::take() {
  for (SeenMail& mail : waiting_) ended_.push_back(std::move(mail));
  for (auto& [id, mail] : open_) ended_.push_back(std::move(mail));
  return std::move(ended_);
}

}  // namespace postern::ctl

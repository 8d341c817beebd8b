#include "ctl/maillog/mail_assembler.h"

#include <algorithm>
#include <utility>

#include "ctl/maillog/line_fields.h"

namespace postern::ctl {
namespace {

using Kind = MailEvent::Kind;

constexpr std::size_t kMaxHeld = 100;

template <class T>
void fill(std::optional<T>& known, const std::optional<T>& told) {
  if (!known) known = told;
}

bool is_long_after(const std::optional<UtcTime>& time, const std::optional<UtcTime>& before) {
  return time && before && *time - *before > MailAssembler::kOneSession;
}

// sendmail says all that it knows of a message in one line; what it has refused stands before it.
bool is_beginning(const MailEvent& event) {
  return event.kind == Kind::client || (event.kind == Kind::sender && event.client);
}

void fill_from(LoggedMail& mail, const MailEvent& event) {
  mail.mta = event.mta;
  mail.queue_id = event.queue_id;
  if (is_beginning(event)) mail.client = event.client;
  fill(mail.time, event.time);
  fill(mail.client, event.client);
  fill(mail.helo, event.helo);
  fill(mail.sender, event.sender);
  fill(mail.message_id, event.message_id);
  fill(mail.authenticated, event.authenticated);
  fill(mail.encrypted, event.encrypted);
}

// What was said of one recipient; what was delivered stays so.
void set_part(LoggedMail& mail, LoggedPart part) {
  const auto known = std::find_if(mail.parts.begin(), mail.parts.end(), [&](const auto& one) {
    return one.recipient == part.recipient && one.original == part.original;
  });
  if (known == mail.parts.end()) {
    if (mail.parts.size() < MailAssembler::kMaxRecipients) mail.parts.push_back(std::move(part));
  } else if (!is_delivered(known->fate)) {
    *known = std::move(part);
  }
}

void add_verdict(LoggedMail& mail, const MailEvent& event) {
  mail.verdict = {*event.verdict, event.recipients};
  const auto fate = fate_of(*event.verdict);
  if (!fate) return;
  const std::string recipient = event.recipients.empty() ? "" : event.recipients.front();
  LoggedPart part{recipient, {}, *fate, event.time, event.verdict->reply, {}};
  const auto stage = event.verdict->stage;
  if (recipient.empty() || stage == Stage::data || stage == Stage::eom) {
    mail.whole = std::move(part);
  } else {
    set_part(mail, std::move(part));
  }
}

void add_delivery(LoggedMail& mail, const MailEvent& event) {
  const auto fate = fate_of(event.mta, *event.delivery);
  if (!fate) return;
  // What a host elsewhere calls its id is none of ours.
  const auto host = read_client(event.delivery->relay);
  const bool comes_back = !host || host->is_inside();
  const std::string original = event.original_recipient.value_or("");
  for (const std::string& recipient : event.recipients) {
    set_part(mail, {.recipient = recipient,
                    .original = original == recipient ? "" : original,
                    .fate = *fate,
                    .time = event.time,
                    .text = event.delivery->text,
                    .goes_on_as = comes_back ? event.delivery->queued_as : std::string(),
                    .was_queued = true});
  }
}

bool has_delivery(const LoggedMail& mail) {
  return std::any_of(mail.parts.begin(), mail.parts.end(),
                     [](const LoggedPart& part) { return part.was_queued; });
}

// Nobody has to get it yet, as far as its lines tell.
bool is_settled(const LoggedMail& mail) {
  return !mail.parts.empty() &&
         std::none_of(mail.parts.begin(), mail.parts.end(),
                      [](const LoggedPart& part) { return part.fate == Fate::deferred; });
}

}  // namespace

void MailAssembler::add(const MailEvent& event) {
  end_old(event.time);
  if (event.queue_id.empty()) {
    for (std::size_t i = 0; i < event.times; ++i, ++events_) add_attempt(event);
  } else {
    add_to(message_of(event), event);
    ++events_;
  }
}

void MailAssembler::add_to(Mails::iterator open, const MailEvent& event) {
  size_ -= open->mail.parts.size();
  take(event, *open);
  size_ += open->mail.parts.size();
  tell_decided(*open, More::comes);
  const State before = open->state;
  if (event.kind == Kind::ended) open->state = State::over;
  if (open->state != State::over) {
    open->state = is_settled(open->mail) ? State::settled : State::waiting;
  }
  in(open->state).splice(in(open->state).end(), in(before), open);
  while (size_ > kMaxOpen) end_first();
}

MailAssembler::Mails::iterator MailAssembler::message_of(const MailEvent& event) {
  if (const auto known = by_id_.find(event.queue_id); known != by_id_.end()) {
    if (!is_of_another(*known->second, event)) return known->second;
    end(known->second);
  }
  Mails& mails = in(State::waiting);
  mails.emplace_back().mail.first_event = events_;
  ++size_;
  return by_id_[event.queue_id] = std::prev(mails.end());
}

bool MailAssembler::is_of_another(const Open& open, const MailEvent& event) {
  if (!is_beginning(event)) {
    return open.state == State::over && event.kind == Kind::sender && open.mail.sender;
  }
  // The rest of one that began before the log, and whose end is not in it.
  const bool is_rest = has_delivery(open.mail) && is_long_after(event.time, open.last);
  return open.begun || is_rest;
}

void MailAssembler::take(const MailEvent& event, Open& open) {
  fill_from(open.mail, event);
  if (event.time) open.last = event.time;
  if (is_beginning(event)) open.begun = true;
  if (event.kind == Kind::client) {
    // What a content filter of this host brings back is told with the first pass.
    const bool passes_again = by_id_.contains(event.original_queue_id);
    if (event.original_client && !passes_again) open.mail.client = event.original_client;
    add_held(open);
  }
  if (event.kind == Kind::delivery) add_delivery(open.mail, event);
  if (event.kind == Kind::verdict) add_verdict(open.mail, event);
}

void MailAssembler::add_attempt(const MailEvent& event) {
  const bool is_client = event.kind == Kind::client;
  if (event.kind != Kind::verdict && !is_client) return;
  Open attempt;
  attempt.mail.first_event = events_;
  fill_from(attempt.mail, event);
  if (!is_client) add_verdict(attempt.mail, event);
  tell_decided(attempt, More::ends);
  const auto fate = is_client ? std::nullopt : fate_of(*event.verdict);
  if (!is_client && fate != Fate::held && fate != Fate::discarded) {
    return tell_ended(std::move(attempt.mail));
  }
  if (held_.size() == kMaxHeld) end_held();
  held_.push_back(std::move(attempt.mail));
}

// Postfix tells what it holds or discards at MAIL or RCPT before the message has an id, and before
// a proxy brings it who the client is.
void MailAssembler::add_held(Open& open) {
  LoggedMail& mail = open.mail;
  if (mail.whole || !mail.parts.empty()) return;
  const auto held = std::find_if(held_.begin(), held_.end(), [&](const LoggedMail& one) {
    return one.client && one.client == mail.client && !is_long_after(mail.time, one.time);
  });
  if (held == held_.end()) return;
  mail.first_event = held->first_event;
  fill(mail.sender, held->sender);
  fill(mail.helo, held->helo);
  fill(mail.authenticated, held->authenticated);
  fill(mail.verdict, held->verdict);
  mail.whole = std::move(held->whole);
  mail.parts = std::move(held->parts);
  open.whole_told = mail.whole.has_value();
  open.told = mail.parts.size();
  held_.erase(held);
}

void MailAssembler::tell_decided(Open& open, More more) {
  const LoggedMail& mail = open.mail;
  if (more == More::comes && !(mail.client && mail.sender)) return;
  const auto tell = [&](const LoggedPart& part) {
    const bool is_known = mail.client && (mail.sender || part.recipient.empty());
    if (!is_known) ++without_beginning_;
    if (is_known && tell_.decided) tell_.decided(mail, part);
  };
  if (mail.whole && !open.whole_told) {
    open.whole_told = true;
    tell(*mail.whole);
  }
  for (; open.told < mail.parts.size(); ++open.told) {
    const auto part = mail.parts.begin() + static_cast<std::ptrdiff_t>(open.told);
    const auto is_same = [&](const LoggedPart& one) {
      return one.addressed_to() == part->addressed_to();
    };
    const bool is_told =
        part->was_queued && (open.whole_told || std::any_of(mail.parts.begin(), part, is_same));
    if (!is_told) tell(*part);
  }
}

void MailAssembler::tell_ended(LoggedMail mail) {
  if (tell_.ended) tell_.ended(std::move(mail));
}

void MailAssembler::end_old(const std::optional<UtcTime>& time) {
  Mails& over = in(State::over);
  while (!over.empty() && is_long_after(time, over.front().last)) end(over.begin());
  while (!held_.empty() && is_long_after(time, held_.front().time)) end_held();
}

void MailAssembler::end_held() {
  tell_ended(std::move(held_.front()));
  held_.pop_front();
}

// REQUIRES: there is an open one.
void MailAssembler::end_first() {
  const auto mails =
      std::find_if(open_.begin(), open_.end(), [](const Mails& one) { return !one.empty(); });
  end(mails->begin());
}

void MailAssembler::end(Mails::iterator open) {
  tell_decided(*open, More::ends);
  size_ -= 1 + open->mail.parts.size();
  by_id_.erase(open->mail.queue_id);
  LoggedMail mail = std::move(open->mail);
  in(open->state).erase(open);
  tell_ended(std::move(mail));
}

void MailAssembler::end() {
  while (!by_id_.empty()) end_first();
  while (!held_.empty()) end_held();
}

}  // namespace postern::ctl

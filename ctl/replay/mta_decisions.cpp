#include "ctl/replay/mta_decisions.h"

#include <utility>

#include "common/base/ip_scope.h"
#include "common/base/whole_number.h"
#include "rules/attribute.h"

namespace postern::ctl {
namespace {

using replay::Outcome;
using replay::Past;

constexpr std::size_t kCodeDigits = 3;

int code_of(std::string_view reply) {
  const auto code = parse_whole<int>(reply.substr(0, kCodeDigits));
  return code && *code >= 400 && *code < 600 ? *code : 0;
}

// Nothing: it went on all the same.
std::optional<Outcome> outcome_of(const LoggedVerdict& verdict) {
  const std::string_view action = verdict.action;
  if (action.ends_with("discard")) return Outcome{Disposition::discard, 0};
  if (action.ends_with("hold")) return Outcome{Disposition::hold, 0};
  if (!action.ends_with("reject")) return std::nullopt;
  const int code = code_of(verdict.reply);
  return Outcome{code >= 400 && code < 500 ? Disposition::defer : Disposition::reject, code};
}

void leave_untold(Transaction& transaction, Attribute attribute) {
  transaction.untold.set(static_cast<std::size_t>(attribute));
}

void set_client(const LoggedClient& client, Transaction& transaction) {
  transaction.client = client.address;
  if (!client.address) leave_untold(transaction, Attribute::client);
  transaction.client_name = client.name;
  if (!client.name_asked) leave_untold(transaction, Attribute::client_name);
  // A name that is confirmed is the one that the PTR record gave.
  transaction.reverse_client_name = client.name;
  if (client.name.empty()) leave_untold(transaction, Attribute::reverse_client_name);
}

// `told`: what the lines have. The recipient may be empty: none is known.
Transaction transaction_of(const MailEvent& told, const std::string& recipient) {
  Transaction transaction;
  if (told.client) set_client(*told.client, transaction);
  transaction.helo = told.helo.value_or("");
  if (!told.helo) leave_untold(transaction, Attribute::helo);
  if (told.sender) transaction.sender = MailAddress::from_envelope(*told.sender);
  if (!recipient.empty()) transaction.recipient = MailAddress::from_envelope(recipient);
  if (!told.authenticated) leave_untold(transaction, Attribute::sasl_username);
  if (told.encrypted) {
    transaction.tls = *told.encrypted ? TlsState::encrypted : TlsState::plain;
  } else {
    leave_untold(transaction, Attribute::tls);
  }
  for (const AttributeInfo& info : attributes()) {
    if (info.known_from == Stage::eom) leave_untold(transaction, info.attribute);
  }
  transaction.queue_id = told.queue_id;
  transaction.stage = transaction.recipient ? Stage::eom
                      : transaction.sender  ? Stage::mail
                      : told.helo           ? Stage::helo
                                            : Stage::connect;
  return transaction;
}

// A queue id may be used again.
std::string message_of(const MailEvent& told) {
  const std::string second = std::to_string(told.time->time_since_epoch().count());
  if (!told.queue_id.empty()) return told.queue_id + " " + second;
  const bool has_address = told.client && told.client->address;
  return (has_address ? told.client->address->to_string() : "") + " " + told.sender.value_or("-") +
         " " + second;
}

}  // namespace

MtaDecisions::Message* MtaDecisions::find(const std::string& queue_id) {
  const auto found = by_id_.find(queue_id);
  return found == by_id_.end() ? nullptr : &*found->second;
}

MtaDecisions::Message& MtaDecisions::begin(const std::string& queue_id) {
  if (const auto before = by_id_.find(queue_id); before != by_id_.end()) close(before->second);
  if (open_.size() >= kMaxOpen) close(open_.begin());
  open_.push_back({queue_id, {}, {}, {}});
  by_id_[queue_id] = std::prev(open_.end());
  return open_.back();
}

void MtaDecisions::close(Messages::iterator message) {
  for (const MailEvent& verdict : message->waiting) tell_verdict(verdict);
  by_id_.erase(message->queue_id);
  open_.erase(message);
}

void MtaDecisions::end() {
  while (!open_.empty()) close(open_.begin());
}

void MtaDecisions::add(const MailEvent& event) {
  if (!event.time) return;
  switch (event.kind) {
    case MailEvent::Kind::client:
      return add_client(event);
    case MailEvent::Kind::sender:
      return add_sender(event);
    case MailEvent::Kind::delivery:
      return add_delivery(event);
    case MailEvent::Kind::verdict:
      return add_verdict(event);
    case MailEvent::Kind::ended:
      if (const auto known = by_id_.find(event.queue_id); known != by_id_.end()) {
        close(known->second);
      }
      return;
    case MailEvent::Kind::message_id:
      return;
  }
}

void MtaDecisions::add_client(const MailEvent& event) {
  if (!event.queue_id.empty()) begin(event.queue_id).known = event;
}

// Of sendmail it is the first line of a message, but for what was refused before.
void MtaDecisions::add_sender(const MailEvent& event) {
  if (event.queue_id.empty()) return;
  Message* message = find(event.queue_id);
  const bool begins = event.client.has_value() && (message == nullptr || message->waiting.empty());
  if (begins) message = &begin(event.queue_id);
  if (message == nullptr) return;  // of this machine itself (pickup, a bounce)
  if (event.client) {
    message->known = event;
  } else {
    message->known.sender = event.sender;
  }
  for (MailEvent& verdict : std::exchange(message->waiting, {})) {
    verdict.sender = event.sender;
    if (event.client) verdict.client = event.client;
    verdict.authenticated = event.authenticated;
    verdict.encrypted = event.encrypted;
    tell_verdict(verdict);
  }
}

void MtaDecisions::add_delivery(const MailEvent& event) {
  Message* message = find(event.queue_id);
  if (message == nullptr || !message->known.client || !message->known.sender) {
    ++without_beginning_;
    return;
  }
  // As the client has named it, before an alias made another one of it.
  if (event.original_recipient) return tell_accepted(*message, *event.original_recipient);
  for (const std::string& recipient : event.recipients) tell_accepted(*message, recipient);
}

void MtaDecisions::tell_accepted(Message& message, const std::string& recipient) {
  if (message.told.size() >= kMaxOfMessage || !message.told.insert(recipient).second) return;
  if (!is_from_outside(message.known, recipient)) return;
  tell_.decision({*message.known.time, transaction_of(message.known, recipient), Outcome{},
                  message_of(message.known)},
                 message.known.mta);
}

void MtaDecisions::add_verdict(const MailEvent& event) {
  Message* message = find(event.queue_id);
  if (message == nullptr && event.mta == MailEvent::Mta::sendmail && !event.queue_id.empty()) {
    message = &begin(event.queue_id);
  }
  if (message == nullptr) return tell_verdict(event);
  if (event.mta == MailEvent::Mta::sendmail && !message->known.sender) {
    if (message->waiting.size() < kMaxOfMessage) message->waiting.push_back(event);
    return;
  }
  MailEvent whole = event;
  if (!whole.client) whole.client = message->known.client;
  if (!whole.sender) whole.sender = message->known.sender;
  if (!whole.helo) whole.helo = message->known.helo;
  whole.authenticated = message->known.authenticated;
  whole.encrypted = message->known.encrypted;
  // What a refusal tells of the client's HELO is so for the others, too.
  if (event.helo) message->known.helo = event.helo;
  whole.time = message->known.time;
  // What is held may be delivered later all the same.
  if (outcome_of(*event.verdict)) {
    for (const std::string& recipient : event.recipients) {
      if (message->told.size() < kMaxOfMessage) message->told.insert(recipient);
    }
  }
  tell_verdict(whole);
}

void MtaDecisions::tell_verdict(const MailEvent& event) {
  const auto outcome = outcome_of(*event.verdict);
  if (!outcome || !event.client) return;
  if (!event.sender && !event.recipients.empty()) {
    ++without_beginning_;  // its sender is in another log
    return;
  }
  const std::vector<std::string> nobody{""};
  for (const std::string& recipient : event.recipients.empty() ? nobody : event.recipients) {
    if (!is_from_outside(event, recipient)) continue;
    tell_.decision({*event.time, transaction_of(event, recipient), *outcome, message_of(event)},
                   event.mta);
  }
}

bool MtaDecisions::is_from_outside(const MailEvent& mail, const std::string& recipient) {
  const bool here = mail.client->address && scope_of(*mail.client->address) == IpScope::loopback;
  if (!here && !mail.authenticated.value_or(false)) return true;
  ++own_;
  // From this machine comes again what a content filter has looked at, for this site's own people.
  if (here || !mail.sender) return false;
  const DomainName to = MailAddress::from_envelope(recipient).domain();
  if (to != MailAddress::from_envelope(*mail.sender).domain()) tell_.written_to(to);
  return false;
}

}  // namespace postern::ctl

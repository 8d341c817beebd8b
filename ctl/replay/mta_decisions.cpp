#include "ctl/replay/mta_decisions.h"

#include <utility>

#include "common/base/ip_scope.h"
#include "common/base/whole_number.h"
#include "rules/attribute.h"

namespace postern::ctl {
namespace {

using replay::Outcome;

constexpr std::size_t kCodeDigits = 3;

int code_of(std::string_view reply) {
  const auto code = parse_whole<int>(reply.substr(0, kCodeDigits));
  return code && *code >= 400 && *code < 600 ? *code : 0;
}

Outcome past_outcome(const LoggedPart& part) {
  if (part.was_queued) return {};
  if (part.fate == Fate::discarded) return {Disposition::discard, 0};
  if (part.fate == Fate::held) return {Disposition::hold, 0};
  return {part.fate == Fate::refused_for_now ? Disposition::defer : Disposition::reject,
          code_of(part.text)};
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

// The recipient may be empty: none is known.
Transaction transaction_of(const LoggedMail& mail, const std::string& recipient) {
  Transaction transaction;
  set_client(*mail.client, transaction);
  transaction.helo = mail.helo.value_or("");
  if (!mail.helo) leave_untold(transaction, Attribute::helo);
  if (mail.sender) transaction.sender = MailAddress::from_envelope(*mail.sender);
  if (!recipient.empty()) transaction.recipient = MailAddress::from_envelope(recipient);
  if (!mail.authenticated) leave_untold(transaction, Attribute::sasl_username);
  if (mail.encrypted) {
    transaction.tls = *mail.encrypted ? TlsState::encrypted : TlsState::plain;
  } else {
    leave_untold(transaction, Attribute::tls);
  }
  for (const AttributeInfo& info : attributes()) {
    if (info.known_from == Stage::eom) leave_untold(transaction, info.attribute);
  }
  transaction.queue_id = mail.queue_id;
  transaction.stage = transaction.recipient ? Stage::eom
                      : transaction.sender  ? Stage::mail
                      : mail.helo           ? Stage::helo
                                            : Stage::connect;
  return transaction;
}

// A queue id may be used again.
std::string message_of(const LoggedMail& mail) {
  const std::string second = std::to_string(mail.time->time_since_epoch().count());
  if (!mail.queue_id.empty()) return mail.queue_id + " " + second;
  const auto& address = mail.client->address;
  return (address ? address->to_string() : "") + " " + mail.sender.value_or("-") + " " + second;
}

bool is_of_this_machine(const LoggedMail& mail) {
  return mail.client->address && scope_of(*mail.client->address) == IpScope::loopback;
}

}  // namespace

void MtaDecisions::add(const MailEvent& event) {
  if (event.time) mails_.add(event);
}

void MtaDecisions::tell(const LoggedMail& mail, const LoggedPart& part) {
  if (is_of_this_machine(mail) || mail.authenticated.value_or(false)) return tell_own(mail, part);
  tell_.decision(
      {*mail.time, transaction_of(mail, part.addressed_to()), past_outcome(part), message_of(mail)},
      mail.mta);
}

void MtaDecisions::tell_own(const LoggedMail& mail, const LoggedPart& part) {
  ++own_;
  // From this machine comes again what a content filter has looked at, for this site's own people.
  if (is_of_this_machine(mail) || !mail.sender) return;
  const DomainName to = MailAddress::from_envelope(part.addressed_to()).domain();
  if (to != MailAddress::from_envelope(*mail.sender).domain()) tell_.written_to(to);
}

}  // namespace postern::ctl

#include "ctl/radar/mta_mail.h"

namespace postern::ctl {
namespace {

using radar::Outcome;

// Nothing: it was let in all the same.
std::optional<Outcome> outcome_of_verdict(const LoggedVerdict& verdict) {
  if (verdict.action == "reject_warning") return std::nullopt;
  const bool for_helo = verdict.reply.find("Helo command rejected") != std::string::npos;
  const bool for_now = verdict.reply.starts_with('4') && !for_helo;
  return for_now ? Outcome::deferred : Outcome::refused;
}

}  // namespace

void MtaMail::add(const MailEvent& event, const std::function<void(const ToldMail&)>& tell) {
  const auto tell_all = [&](const Open& mail, Outcome outcome) {
    if (!mail.time || !mail.client || !mail.sender) return;
    const auto sender = MailAddress::from_envelope(*mail.sender);
    for (const std::string& recipient : event.recipients) {
      tell({*mail.time, *mail.client, mail.helo, sender, MailAddress::from_envelope(recipient),
            outcome});
    }
  };
  switch (event.kind) {
    case MailEvent::Kind::client:
    case MailEvent::Kind::sender:
      add_part(event);
      return;
    case MailEvent::Kind::delivery:
      if (const Open* mail = open_.find(hash_(event.queue_id))) tell_all(*mail, Outcome::accepted);
      return;
    case MailEvent::Kind::verdict:
      if (const auto outcome = outcome_of_verdict(*event.verdict)) {
        tell_all({event.time, event.client, event.helo.value_or(""), event.sender}, *outcome);
      }
      return;
    case MailEvent::Kind::ended:
      if (Open* mail = open_.find(hash_(event.queue_id))) *mail = {};
      return;
    case MailEvent::Kind::message_id:
      return;
  }
}

void MtaMail::add_part(const MailEvent& event) {
  if (event.queue_id.empty()) return;
  Open& mail = open_.use(hash_(event.queue_id)).value;
  if (event.client) mail = {};  // the first line of a message: its id may be used again
  if (!mail.time) mail.time = event.time;
  if (event.client) mail.client = event.client;
  if (event.helo) mail.helo = *event.helo;
  if (event.sender) mail.sender = event.sender;
}

}  // namespace postern::ctl

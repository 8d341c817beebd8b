#include "ctl/radar/radar_feed.h"

#include <algorithm>
#include <utility>

#include "common/base/ascii_case.h"
#include "common/base/mail_address.h"
#include "rules/model/action.h"

namespace postern::ctl {
namespace {

constexpr std::uint64_t kHost = 1;  // a log is what one host has seen

std::string domain_text(std::string_view name) {
  const auto domain = DomainName::parse(name);
  return domain ? domain->text() : std::string();
}

// What was decided about a message, wherever it is written down.
struct Decided {
  std::string_view action;
  std::string_view reason;  // of the entry
  std::string_view check;
  RecipientState recipient = RecipientState::accepted;
};

radar::Outcome outcome_of(const Decided& decided) {
  if (decided.action == to_string(Disposition::pass)) {
    return decided.recipient == RecipientState::refused ? radar::Outcome::deferred
                                                        : radar::Outcome::accepted;
  }
  if (decided.reason.starts_with(kRadarReason)) return radar::Outcome::stopped;
  const bool for_good = decided.action == to_string(Disposition::reject) ||
                        decided.action == to_string(Disposition::discard);
  return for_good || decided.check.starts_with("helo") ? radar::Outcome::refused
                                                       : radar::Outcome::deferred;
}

radar::Outcome outcome_of(const LoggedPart& part) {
  if (part.was_queued) return radar::Outcome::accepted;
  const bool for_helo = part.text.find("Helo command rejected") != std::string::npos;
  const bool for_good = part.fate == Fate::refused || part.fate == Fate::discarded;
  return for_good || for_helo ? radar::Outcome::refused : radar::Outcome::deferred;
}

// Each message once: passes where its recipient is known, refusals wherever they were.
bool is_about_mail(const LogFields& fields) {
  return field_of(fields, "stage") == "rcpt" ||
         (field_of(fields, "action") != to_string(Disposition::pass) &&
          !field_of(fields, "sender").empty());
}

bool is_about_mail(const journal::JournalRecord& record) {
  if (record.judged != Judged::deciding || !record.transaction.client) return false;
  return record.transaction.stage == Stage::rcpt ||
         (record.verdict.action != Disposition::pass && record.transaction.sender);
}

}  // namespace

RadarFeed::RadarFeed(radar::Site site, const KeyedHash::Secret& secret)
    : radar_(std::move(site), secret, kHost) {}

void RadarFeed::add(const LogEntry& entry, radar::Mode mode) {
  if (entry.kind == LogEntry::Kind::unreadable) ++unreadable;
  if (entry.kind != LogEntry::Kind::decision) return;
  ++decisions;
  if (!entry.time) {
    ++without_time;
    return;
  }
  if (!field_of(entry.fields, "sampled").empty()) ++sampled;
  if (is_about_mail(entry.fields)) add_decision(entry.fields, *entry.time, mode);
}

void RadarFeed::add_decision(const LogFields& fields, UtcTime time, radar::Mode mode) {
  const auto client = IpAddress::parse(field_of(fields, "client"));
  if (!client) return;
  const MailAddress recipient = MailAddress::from_envelope(field_of(fields, "recipient"));
  if (!field_of(fields, "sasl_username").empty()) return add_user_mail(recipient, time);
  LoggedClient logged{*client, field_of(fields, "client_name")};
  const bool is_milter = field_of(fields, "door") == to_string(Door::milter);
  const bool is_at_end = field_of(fields, "stage") == to_string(Stage::data) ||
                         field_of(fields, "stage") == to_string(Stage::eom);
  tell_once({is_milter ? Door::milter : Door::policy, is_at_end ? Stage::eom : Stage::rcpt,
             field_of(fields, "instance")},
            {.time = time,
             .client = std::move(logged),
             .helo = field_of(fields, "helo"),
             .sender = MailAddress::from_envelope(field_of(fields, "sender")),
             .recipient = recipient,
             .outcome = outcome_of(
                 {field_of(fields, "action"), field_of(fields, "reason"), field_of(fields, "check"),
                  field_of(fields, "recipient_refused") == "yes" ? RecipientState::refused
                                                                 : RecipientState::accepted})},
            mode);
}

void RadarFeed::add(const journal::JournalRecord& record, radar::Mode mode) {
  ++decisions;
  if (!is_about_mail(record)) return;
  const Transaction& mail = record.transaction;
  const auto time = std::chrono::floor<std::chrono::seconds>(record.time);
  const MailAddress recipient = mail.recipient.value_or(MailAddress());
  if (!mail.sasl_username.empty()) return add_user_mail(recipient, time);
  LoggedClient client{mail.client, mail.client_name};
  tell_once({record.door, mail.stage, mail.instance},
            {.time = time,
             .client = std::move(client),
             .helo = mail.helo,
             .sender = mail.sender.value_or(MailAddress()),
             .recipient = recipient,
             .outcome = outcome_of({to_string(record.verdict.action), record.verdict.entry.reason,
                                    record.verdict.check, mail.recipient_state})},
            mode);
}

void RadarFeed::add_user_mail(const MailAddress& recipient, UtcTime time) {
  radar_.add_written_to(recipient.domain().text(), time);
}

void RadarFeed::add(const LoggedMail& mail, const LoggedPart& part, radar::Mode mode) {
  if (!mail.time || !mail.client->address || !mail.sender) return;
  const MailAddress recipient = MailAddress::from_envelope(part.addressed_to());
  if (mail.authenticated.value_or(false)) return add_user_mail(recipient, *mail.time);
  tell({.time = *mail.time,
        .client = *mail.client,
        .helo = mail.helo.value_or(""),
        .sender = MailAddress::from_envelope(*mail.sender),
        .recipient = recipient,
        .outcome = outcome_of(part)},
       mode);
}

void RadarFeed::tell_once(const Judged& judged, ToldMail mail, radar::Mode mode) {
  using Decided = ToldPasses::Decided;
  if (judged.stage > Stage::rcpt) return tell_end(judged, std::move(mail), mode);
  const bool passes = mail.outcome == radar::Outcome::accepted;
  const auto news =
      passes_.add({judged.door, *mail.client.address, mail.sender, mail.recipient, judged.instance,
                   mail.time, passes ? Decided::pass : Decided::refusal});
  if (news == ToldPasses::News::none) return;
  mail.was_accepted = news == ToldPasses::News::takes_back;
  tell(mail, mode);
}

void RadarFeed::tell_end(const Judged& judged, ToldMail mail, radar::Mode mode) {
  const auto recipients = passes_.take_back(judged.door, judged.instance);
  if (recipients.empty()) return tell(mail, mode);
  mail.was_accepted = true;
  for (const MailAddress& recipient : recipients) {
    mail.recipient = recipient;
    tell(mail, mode);
  }
}

void RadarFeed::tell(const ToldMail& mail, radar::Mode mode) {
  if (known_until_ && mail.time <= *known_until_) return;
  const IpAddress& client = *mail.client.address;
  if (mail.client.is_inside()) return add_user_mail(mail.recipient, mail.time);
  const std::string& domain = mail.sender.domain().text();
  if (domain.empty() || domain == mail.recipient.domain().text()) return;
  const std::string name = domain_text(mail.client.name);
  const std::string helo = ascii_lower(mail.helo);
  const std::string local = ascii_lower(mail.sender.untagged_local_part());
  const std::string to = ascii_lower(mail.recipient.text());
  if (!mail.was_accepted) ++events;
  for (radar::Proposal& one : radar_.add({.time = mail.time,
                              .client = client,
                              .client_name = name,
                              .helo = helo,
                              .sender_local = local,
                              .sender_domain = domain,
                              .recipient = to,
                              .outcome = mail.outcome,
                              .was_accepted = mail.was_accepted},
                                         mode)) {
    campaigns_.add(std::move(one));
  }
}

void RadarFeed::dismiss(const std::vector<Dismissal>& dismissals) {
  for (const Dismissal& one : dismissals) radar_.dismiss(one.kind, one.key, one.at);
  const auto is_dismissed = [&](const radar::Proposal& proposal) {
    return std::any_of(dismissals.begin(), dismissals.end(), [&](const Dismissal& one) {
      return one.kind == proposal.kind && one.key == proposal.key && one.at >= proposal.time;
    });
  };
  for (const radar::Campaign& one : campaigns_.all()) {
    if (std::all_of(one.proposals.begin(), one.proposals.end(), is_dismissed)) {
      campaigns_.dismiss(one.number);
    }
  }
}

void RadarFeed::save(RadarMemory& memory) const {
  memory.tables = radar_.save();
  memory.campaigns = campaigns_.save();
}

bool RadarFeed::load(const RadarMemory& memory) {
  return radar_.load(memory.tables) && campaigns_.load(memory.campaigns);
}

radar::Proposal RadarFeed::now(const radar::Proposal& proposal) const {
  auto current = radar_.describe(proposal.kind, proposal.key);
  if (!current) return proposal;
  current->entries = proposal.entries;
  current->strength = proposal.strength;
  current->is_back = proposal.is_back;
  current->time = proposal.time;
  return *current;
}

}  // namespace postern::ctl

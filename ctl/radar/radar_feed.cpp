#include "ctl/radar/radar_feed.h"

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

radar::Outcome outcome_of(const LogFields& fields) {
  const std::string_view action = field_of(fields, "action");
  if (action == to_string(Disposition::pass)) {
    return field_of(fields, "recipient_refused") == "yes" ? radar::Outcome::deferred
                                                          : radar::Outcome::accepted;
  }
  if (field_of(fields, "reason").starts_with(kRadarReason)) return radar::Outcome::stopped;
  const bool for_good =
      action == to_string(Disposition::reject) || action == to_string(Disposition::discard);
  return for_good || field_of(fields, "check").starts_with("helo") ? radar::Outcome::refused
                                                                   : radar::Outcome::deferred;
}

// Each message once: passes where its recipient is known, refusals wherever they were.
bool is_about_mail(const LogFields& fields) {
  return field_of(fields, "stage") == "rcpt" ||
         (field_of(fields, "action") != to_string(Disposition::pass) &&
          !field_of(fields, "sender").empty());
}

}  // namespace

RadarFeed::RadarFeed(radar::Site site, const KeyedHash::Secret& secret)
    : radar_(std::move(site), secret, kHost), mta_(secret) {}

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
  if (!field_of(fields, "sasl_username").empty()) {
    radar_.add_written_to(recipient.domain().text(), time);
    return;
  }
  tell({.time = time,
        .client = {*client, field_of(fields, "client_name")},
        .helo = field_of(fields, "helo"),
        .sender = MailAddress::from_envelope(field_of(fields, "sender")),
        .recipient = recipient,
        .outcome = outcome_of(fields)},
       mode);
}

void RadarFeed::add(const MailEvent& event, radar::Mode mode) {
  mta_.add(event, [&](const ToldMail& mail) {
    if (mail.client.address) tell(mail, mode);
  });
}

void RadarFeed::tell(const ToldMail& mail, radar::Mode mode) {
  const IpAddress& client = *mail.client.address;
  if (mail.client.is_inside()) {
    radar_.add_written_to(mail.recipient.domain().text(), mail.time);
    return;
  }
  const std::string& domain = mail.sender.domain().text();
  if (domain.empty() || domain == mail.recipient.domain().text()) return;
  const std::string name = domain_text(mail.client.name);
  const std::string helo = ascii_lower(mail.helo);
  const std::string local = ascii_lower(mail.sender.untagged_local_part());
  const std::string to = ascii_lower(mail.recipient.text());
  ++events;
  for (radar::Proposal& one : radar_.add({.time = mail.time,
                              .client = client,
                              .client_name = name,
                              .helo = helo,
                              .sender_local = local,
                              .sender_domain = domain,
                              .recipient = to,
                              .outcome = mail.outcome},
                                         mode)) {
    campaigns_.add(std::move(one));
  }
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

#include <algorithm>
#include <array>

#include "common/base/ascii_case.h"
#include "common/base/whole_number.h"
#include "ctl/maillog/line_fields.h"
#include "ctl/maillog/mail_line.h"

namespace postern::ctl {
namespace {

using Kind = MailEvent::Kind;

constexpr std::string_view kMilter = "Milter: ";
constexpr std::string_view kRuleset = "ruleset=";
constexpr std::string_view kEarly = "rejecting commands from ";
constexpr std::string_view kNoId = "NOQUEUE: ";

// The value of `key=`, up to the next comma with a blank behind it. No key can stand in a value
// before `relay=`, but in those behind it, so the first counts.
std::optional<std::string_view> value_of(std::string_view text, std::string_view key) {
  std::size_t at = text.starts_with(key) ? 0 : text.find(", " + std::string(key));
  if (at == std::string_view::npos) return std::nullopt;
  if (at > 0) at += 2;
  const std::string_view rest = text.substr(at + key.size());
  return rest.substr(0, rest.find(", "));
}

constexpr Word<Stage> kRulesets[] = {{"check_relay", Stage::connect}, {"check_helo", Stage::helo},
                                     {"check_mail", Stage::mail},     {"check_rcpt", Stage::rcpt},
                                     {"check_data", Stage::data},     {"check_eom", Stage::eom}};

// How a line ends that says what was decided, and what Postfix calls that.
struct Ending {
  std::string_view text;
  std::string_view action;
};
constexpr std::array<Ending, 5> kEndings{{{", reject=", "reject"},
                                          {", discard", "discard"},
                                          {", quarantine=", "hold"},
                                          {", rejecting commands", "reject"},
                                          {", temp failing commands", "tempfail"}}};

// A verdict with what the line says behind its ending; takes the ending away.
std::optional<MailEvent> take_verdict(std::string_view& text, std::string_view decided_by) {
  for (const Ending& ending : kEndings) {
    // What a client said stands in front of it, and may hold it, too.
    const bool has_text = ending.text.ends_with('=');
    const std::size_t at = has_text ? text.find(ending.text) : text.rfind(ending.text);
    if (at == std::string_view::npos) continue;
    const std::string_view said = text.substr(at + ending.text.size());
    if (!has_text && !said.empty()) continue;
    MailEvent event;
    event.kind = Kind::verdict;
    event.verdict = LoggedVerdict{std::string(decided_by) + std::string(ending.action),
                                  std::nullopt, std::string(said)};
    text = text.substr(0, at);
    return event;
  }
  return std::nullopt;
}

// `check_rcpt, arg1=<c@d>, relay=name [192.0.2.7], reject=550 5.7.1 <c@d>... text`; with
// FEATURE(`delay_checks') check_mail and check_relay are told when check_rcpt is.
std::optional<MailEvent> read_ruleset(std::string_view text) {
  auto told = take_verdict(text, "");
  if (!told) return std::nullopt;
  MailEvent& event = *told;
  event.verdict->stage = value_of(kRulesets, text.substr(0, text.find(',')));
  if (const auto relay = value_of(text, "relay=")) event.client = read_client(*relay);
  const auto argument = value_of(text, "arg1=");
  if (argument && event.verdict->stage == Stage::rcpt) {
    event.recipients.emplace_back(without_brackets(*argument));
  }
  if (argument && event.verdict->stage == Stage::mail) {
    event.sender = std::string(without_brackets(*argument));
  }
  return event;
}

// `a.example, addr=192.0.2.7`, behind `connect: host=`.
LoggedClient read_connected(std::string_view text) {
  LoggedClient client;
  const std::string_view host = take_until(text, ", addr=").value_or(text);
  if (const auto address = IpAddress::parse(text.substr(0, text.find(',')))) {
    client.address = *address;
  }
  if (!host.starts_with('[')) client.name = host;
  return client;
}

// `from=<a@b>`, `to=<c@d>`, `helo=e`, `data`, `milter=f`, `cmd=...`, `connect: host=e,
// addr=192.0.2.7`
void set_subject(std::string_view subject, MailEvent& event) {
  std::string_view value = subject;
  const std::string_view key = take_until(value, "=").value_or(subject);
  Stage stage = Stage::eom;
  if (key == "from") {
    stage = Stage::mail;
    event.sender = std::string(without_brackets(value));
  } else if (key == "to") {
    stage = Stage::rcpt;
    event.recipients.emplace_back(without_brackets(value));
  } else if (key == "helo") {
    stage = Stage::helo;
    event.helo = std::string(value);
  } else if (key == "cmd") {
    stage = Stage::data;
  } else if (subject.starts_with("connect")) {
    stage = Stage::connect;
    event.client = read_connected(value);
  }
  event.verdict->stage = stage;
}

// Behind `Milter: `, with MilterLogLevel of 4 and more, or `milter=name, quarantine=text`.
std::optional<MailEvent> read_milter(std::string_view text) {
  auto event = take_verdict(text, "milter-");
  if (event) set_subject(text, *event);
  return event;
}

// `<c@d>... User unknown`: what sendmail itself refuses at RCPT, without the code that it has said.
std::optional<MailEvent> read_refused_recipient(std::string_view text) {
  std::string_view rest = text;
  const auto recipient = take_until(rest, ">... ");
  if (!recipient) return std::nullopt;
  MailEvent event;
  event.kind = Kind::verdict;
  event.recipients.emplace_back(recipient->substr(1));
  event.verdict = LoggedVerdict{"reject", Stage::rcpt, std::string(text)};
  return event;
}

// `rejecting commands from name [192.0.2.7] due to pre-greeting traffic after 3 seconds`
std::optional<MailEvent> read_early_talker(std::string_view client) {
  const std::size_t end = client.find(" due to pre-greeting traffic");
  if (end == std::string_view::npos) return std::nullopt;
  MailEvent event;
  event.kind = Kind::verdict;
  event.client = read_client(client.substr(0, end));
  event.verdict = LoggedVerdict{"reject", Stage::connect, std::string(client.substr(end + 1))};
  return event;
}

// `lost input channel from name [192.0.2.7] to MTA after rcpt`, or `name [192.0.2.7] did not issue
// MAIL/EXPN/VRFY/ETRN during connection to MTA`: of what was not taken by then nothing comes.
std::optional<MailEvent> read_client_gone(std::string_view text) {
  constexpr std::string_view kLost = "lost input channel from ";
  std::size_t end = text.find(" did not issue MAIL/EXPN/VRFY/ETRN during connection to ");
  if (text.starts_with(kLost)) {
    text.remove_prefix(kLost.size());
    end = text.rfind(" to ");
  }
  if (end == std::string_view::npos) return std::nullopt;
  MailEvent event;
  event.kind = Kind::ended;
  event.client = read_client(text.substr(0, end));
  if (!event.client) return std::nullopt;
  return event;
}

// `1+00:00:15`: days, hours, minutes, seconds.
std::optional<std::chrono::seconds> read_clock_delay(std::string_view text) {
  std::int64_t total = 0;
  std::string_view days = text;
  if (const auto before = take_until(days, "+")) {
    const auto number = parse_whole<std::uint16_t>(*before);
    if (!number) return std::nullopt;
    total = *number;
    text = days;
  }
  constexpr std::array<std::int64_t, 3> kUnits{24, 60, 60};
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const std::size_t colon = text.find(':');
    const auto number = parse_whole<std::uint16_t>(text.substr(0, colon));
    if (!number || (colon == std::string_view::npos) != (i + 1 == kUnits.size())) {
      return std::nullopt;
    }
    total = total * kUnits[i] + *number;
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
  }
  return std::chrono::seconds{total};
}

// `<c@d>,<e@f>`, or addresses without brackets.
std::vector<std::string> read_recipients(std::string_view text) {
  std::vector<std::string> recipients;
  while (!text.empty() && recipients.size() < kMaxLineRecipients) {
    const std::size_t end = text.starts_with('<') ? text.find(">,") : text.find(',');
    const std::size_t length = end == std::string_view::npos ? text.size()
                               : text.starts_with('<')       ? end + 1
                                                             : end;
    recipients.emplace_back(without_brackets(text.substr(0, length)));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return recipients;
}

// `to=<c@d>,<e@f>, ctladdr=<g@h> (8/0), delay=00:00:15, xdelay=..., relay=..., dsn=2.0.0, stat=Sent
// (text)`
std::optional<MailEvent> read_sendmail_delivery(std::string_view text) {
  std::string_view rest = text;
  const auto head = take_until(rest, ", stat=");
  if (!head) return std::nullopt;
  MailEvent event;
  event.kind = Kind::delivery;
  event.recipients = read_recipients(value_of(*head, "to=").value_or(""));
  LoggedDelivery delivery;
  delivery.status = ascii_lower(rest.substr(0, rest.find_first_of(" :(")));
  delivery.text = rest;
  delivery.relay = value_of(*head, "relay=").value_or("");
  delivery.dsn = value_of(*head, "dsn=").value_or("");
  delivery.delay = read_clock_delay(value_of(*head, "delay=").value_or(""));
  if (delivery.status == "sent") delivery.queued_as = goes_on_as(delivery.text);
  if (const auto alias = value_of(*head, "ctladdr=")) {
    event.original_recipient = without_brackets(alias->substr(0, alias->rfind(" (")));
  }
  event.delivery = std::move(delivery);
  return event;
}

// `from=<a@b>, size=1234, class=0, nrcpts=1, msgid=<...>, proto=ESMTP, relay=name [192.0.2.7]`
MailEvent read_sendmail_sender(std::string_view text) {
  MailEvent event;
  event.kind = Kind::sender;
  event.sender = std::string(without_brackets(value_of(text, "from=").value_or("")));
  if (const auto size = value_of(text, "size=")) event.size = parse_whole<std::size_t>(*size);
  if (const auto count = value_of(text, "nrcpts=")) {
    event.recipient_count = parse_whole<std::size_t>(*count);
  }
  if (const auto id = value_of(text, "msgid=")) event.message_id = without_brackets(*id);
  if (const auto relay = value_of(text, "relay=")) event.client = read_client(*relay);
  // RFC 3848: ESMTPA, ESMTPS, ESMTPSA.
  if (const auto protocol = value_of(text, "proto=")) {
    event.authenticated = protocol->ends_with('A');
    event.encrypted = protocol->find("PS") != std::string_view::npos;
  }
  return event;
}

std::optional<MailEvent> read_sendmail_event(std::string_view text) {
  if (text.starts_with(kRuleset)) return read_ruleset(text.substr(kRuleset.size()));
  if (text.starts_with(kMilter)) return read_milter(text.substr(kMilter.size()));
  if (text.starts_with("milter=")) return read_milter(text);
  if (text.starts_with("from=")) return read_sendmail_sender(text);
  if (text.starts_with("to=")) return read_sendmail_delivery(text);
  if (text.starts_with('<')) return read_refused_recipient(text);
  if (text.starts_with(kEarly)) return read_early_talker(text.substr(kEarly.size()));
  return read_client_gone(text);
}

}  // namespace

std::optional<MailEvent> read_sendmail_text(std::string_view text) {
  const auto id = take_queue_id(text);
  if (text.starts_with(kNoId)) text.remove_prefix(kNoId.size());
  // What is said of a client comes before there is a message.
  const bool is_of_client = text.starts_with(kRuleset) || text.starts_with(kMilter);
  if (!id && !is_of_client && !text.starts_with(kEarly)) return std::nullopt;
  auto event = read_sendmail_event(text);
  if (!event) return std::nullopt;
  event->mta = MailEvent::Mta::sendmail;
  if (id) event->queue_id = *id;
  return event;
}

}  // namespace postern::ctl

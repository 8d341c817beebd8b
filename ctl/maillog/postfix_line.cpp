#include <algorithm>
#include <array>

#include "common/base/whole_number.h"
#include "ctl/maillog/line_fields.h"
#include "ctl/maillog/mail_line.h"

namespace postern::ctl {
namespace {

using Kind = MailEvent::Kind;

// What smtpd, cleanup and postscreen call it when they do not go on as if nothing had been.
constexpr std::array<std::string_view, 11> kVerdicts{
    "reject",         "milter-reject", "proxy-reject",   "reject_warning", "discard", "hold",
    "milter-discard", "milter-hold",   "milter-replace", "redirect",       "filter"};

constexpr Word<Stage> kStages[] = {{"CONNECT", Stage::connect}, {"EHLO", Stage::helo},
                                   {"HELO", Stage::helo},       {"MAIL", Stage::mail},
                                   {"RCPT", Stage::rcpt},       {"DATA", Stage::data},
                                   {"BDAT", Stage::data},       {"END-OF-MESSAGE", Stage::eom}};

constexpr std::string_view kNoQueue = "NOQUEUE: ";

// The value behind `key<`: up to the bracket in front of the next field, as a text of a client's
// may hold one, or up to the end.
std::optional<std::string> bracketed(std::string_view fields, std::string_view key) {
  if (!take_until(fields, key)) return std::nullopt;
  std::size_t end = fields.size();
  for (const std::string_view next : {"> ", ">, ", ">"}) {
    const std::size_t at = next.size() == 1 ? fields.rfind(next) : fields.find(next);
    if (at != std::string_view::npos) {
      end = at;
      break;
    }
  }
  return std::string(fields.substr(0, end));
}

void add_recipient(MailEvent& event, std::optional<std::string> recipient) {
  if (recipient) event.recipients.push_back(*std::move(recipient));
}

// `RCPT from name[192.0.2.7]: 550 5.7.1 <...>: text; from=<a@b> to=<c@d> proto=ESMTP helo=<e>`
std::optional<MailEvent> read_verdict(std::string_view action, std::string_view text) {
  MailEvent event;
  event.kind = Kind::verdict;
  event.verdict = LoggedVerdict{std::string(action), std::nullopt, {}};
  const std::size_t word_end = text.find_first_of(" :");
  const std::string_view word = text.substr(0, word_end);
  event.verdict->stage = value_of(kStages, word);
  text.remove_prefix(std::min(word.size(), text.size()));
  if (text.starts_with(" from ")) {
    text.remove_prefix(std::string_view(" from ").size());
    const auto client = take_until(text, ": ");
    if (!client) return std::nullopt;
    event.client = read_client(*client);
  } else if (!text.starts_with(": ")) {
    return std::nullopt;
  } else {
    text.remove_prefix(2);
  }
  // A VRFY or CONNECT has no from=.
  std::size_t end = text.size();
  for (const std::string_view first : {"; from=<", "; to=<", "; proto="}) {
    end = std::min(end, text.find(first));
  }
  event.verdict->reply = text.substr(0, end);
  const std::string_view fields = text.substr(end);
  event.sender = bracketed(fields, " from=<");
  add_recipient(event, bracketed(fields, " to=<"));
  event.helo = bracketed(fields, " helo=<");
  return event;
}

std::optional<std::chrono::seconds> read_delay(std::string_view text) {
  const auto count = parse_whole<std::int64_t>(text.substr(0, text.find('.')));
  constexpr std::int64_t kMost = 100LL * 365 * 86400;
  if (!count || *count < 0 || *count > kMost) return std::nullopt;
  return std::chrono::seconds{*count};
}

// `to=<c@d>, orig_to=<e@f>, relay=..., delay=1.2, delays=..., dsn=2.0.0, status=sent (text)`
std::optional<MailEvent> read_delivery(std::string_view text) {
  MailEvent event;
  event.kind = Kind::delivery;
  LoggedDelivery delivery;
  const std::size_t status = text.find(", status=");
  if (status == std::string_view::npos) return std::nullopt;
  const std::string_view fields = text.substr(0, status);
  add_recipient(event, bracketed(fields, "to=<"));
  event.original_recipient = bracketed(fields, ", orig_to=<");
  const auto field = [&](std::string_view key) {
    std::string_view rest = fields;
    return take_until(rest, key) ? rest.substr(0, rest.find(", ")) : std::string_view();
  };
  delivery.relay = field(", relay=");
  delivery.dsn = field(", dsn=");
  delivery.delay = read_delay(field(", delay="));
  std::string_view rest = text.substr(status + std::string_view(", status=").size());
  delivery.status = rest.substr(0, rest.find(' '));
  const std::size_t open = rest.find('(');
  if (open != std::string_view::npos) {
    delivery.text = rest.substr(open + 1);
    if (delivery.text.ends_with(')')) delivery.text.pop_back();
  }
  if (delivery.status == "sent") delivery.queued_as = goes_on_as(delivery.text);
  event.delivery = std::move(delivery);
  return event;
}

// `from=<a@b>, size=1234, nrcpt=2 (queue active)`
MailEvent read_sender(std::string_view text) {
  MailEvent event;
  event.kind = Kind::sender;
  event.sender = bracketed(text.substr(0, text.find(", size=")), "from=<");
  const auto number = [&](std::string_view key) {
    std::string_view rest = text;
    return take_until(rest, key)
               ? parse_whole<std::size_t>(rest.substr(0, rest.find_first_of(", ")))
               : std::nullopt;
  };
  event.size = number(", size=");
  event.recipient_count = number(", nrcpt=");
  return event;
}

// `name[192.0.2.7], sasl_method=PLAIN, sasl_username=joe, orig_queue_id=4QbJ1x0ghqz1x,
// orig_client=other.name[192.0.2.8]`; a user's name stands in front of those that are looked for.
std::optional<MailEvent> read_client_line(std::string_view text) {
  MailEvent event;
  event.kind = Kind::client;
  event.client = read_client(text.substr(0, text.find(", ")));
  if (!event.client) return std::nullopt;
  event.authenticated = text.find(", sasl_method=") != std::string_view::npos;
  const auto last = [&](std::string_view key) {
    const std::size_t at = text.rfind(key);
    return at == std::string_view::npos ? std::string_view() : text.substr(at + key.size());
  };
  event.original_client = read_client(last(", orig_client="));
  // Whether that one has authenticated, XFORWARD does not say.
  if (event.original_client && !*event.authenticated) event.authenticated.reset();
  const std::string_view id = last(", orig_queue_id=");
  event.original_queue_id = id.substr(0, id.find(", "));
  return event;
}

std::optional<MailEvent> read_with_id(std::string_view text) {
  for (const std::string_view action : kVerdicts) {
    if (text.starts_with(action) && text.substr(action.size()).starts_with(": ")) {
      return read_verdict(action, text.substr(action.size() + 2));
    }
  }
  if (text.starts_with("client=")) return read_client_line(text.substr(text.find('=') + 1));
  if (text.starts_with("from=<")) return read_sender(text);
  if (text.starts_with("to=<")) return read_delivery(text);
  MailEvent event;
  if (text.starts_with("message-id=")) {
    event.kind = Kind::message_id;
    event.message_id = without_brackets(text.substr(text.find('=') + 1));
    return event;
  }
  if (text != "removed") return std::nullopt;
  event.kind = Kind::ended;
  return event;
}

}  // namespace

std::optional<MailEvent> read_postfix_text(std::string_view text) {
  std::optional<std::string_view> id;
  if (text.starts_with(kNoQueue)) {
    text.remove_prefix(kNoQueue.size());
  } else {
    id = take_queue_id(text);
    // smtpd's proxy-reject has none.
    if (!id && !text.starts_with("proxy-reject: ")) return std::nullopt;
  }
  auto event = read_with_id(text);
  if (!event) return std::nullopt;
  event->mta = MailEvent::Mta::postfix;
  if (id) event->queue_id = *id;
  return event;
}

}  // namespace postern::ctl

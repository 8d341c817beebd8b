#include "rules/model/action.h"

#include <algorithm>

#include "common/base/duration.h"
#include "common/base/overloaded.h"
#include "rules/model/reply_text.h"
#include "rules/model/token.h"

namespace postern {
namespace {

using std::chrono::milliseconds;

// Postfix gives a milter 30 s for its answer at connect (milter_command_timeout).
constexpr milliseconds kMaxDelay = std::chrono::seconds{20};

const SmtpReply kRejectDefaults{550, {5, 7, 1}, "Rejected by local policy"};
const SmtpReply kDeferDefaults{451, {4, 7, 1}, "Please try again later"};

Result<Action> parse_reject(std::string_view rest) {
  auto reply = parse_reply(rest, kRejectDefaults);
  if (!reply) return tl::unexpected(reply.error());
  return Reject{*reply};
}

Result<Action> parse_defer(std::string_view rest) {
  auto reply = parse_reply(rest, kDeferDefaults);
  if (!reply) return tl::unexpected(reply.error());
  return Defer{*reply};
}

Result<std::string> parse_log_text(std::string_view rest) {
  auto text = unquote(rest);
  if (!text) return text;
  if (auto good = check_text(*text, kMaxMtaLogText); !good) return tl::unexpected(good.error());
  return text;
}

template <class WithText>
Result<Action> parse_with_text(std::string_view rest) {
  auto text = parse_log_text(rest);
  if (!text) return tl::unexpected(text.error());
  return WithText{*text};
}

template <class Alone>
Result<Action> parse_alone(std::string_view rest) {
  if (rest.empty()) return Alone{};
  return failure("'" + std::string(rest) + "' after " + std::string(to_string(kind_of(Alone{}))) +
                 "; want nothing there");
}

Result<Action> parse_skip(std::string_view rest) {
  Skip skip;
  while (!rest.empty()) {
    const std::size_t end = rest.find_first_of(" ,");
    if (end != 0) skip.names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (skip.names.empty()) return failure("skip without a name; want a check or a rule to skip");
  return skip;
}

Result<Action> parse_delay(std::string_view rest) {
  auto time = parse_duration(rest);
  if (!time) return tl::unexpected(time.error());
  if (*time <= milliseconds{0} || *time > kMaxDelay) {
    return failure("a delay of " + std::string(rest) + "; want more than 0s and at most " +
                   format_duration(kMaxDelay) + ", well below the MTA's own time-out");
  }
  return Delay{*time};
}

// RFC 5322 2.2: visible ASCII but the colon.
bool is_field_name(std::string_view name) {
  for (char c : name) {
    if (c <= ' ' || c > '~' || c == ':') return false;
  }
  return !name.empty() && name.size() <= 64;
}

Result<Action> parse_prepend(std::string_view rest) {
  auto line = unquote(rest);
  if (!line) return tl::unexpected(line.error());
  const std::size_t colon = line->find(':');
  if (colon == std::string::npos || !is_field_name(std::string_view(*line).substr(0, colon))) {
    return failure("'" + *line + "' is not a header; want \"Name: value\"");
  }
  std::string_view value = std::string_view(*line).substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  if (value.empty()) return failure("header '" + *line + "' has no value");
  if (value.find(kTokenPlaceholder) != std::string_view::npos) {
    return failure("header '" + *line +
                   "' has a {token}, which each recipient has its own of; want "
                   "it in a reply");
  }
  if (auto good = check_text(value, kMaxHeaderValue); !good) return tl::unexpected(good.error());
  return Prepend{line->substr(0, colon), std::string(value)};
}

// What both MTAs take as it stands: nothing that would have to be quoted, and no `%` or `!`, which
// lead elsewhere.
bool is_plain_local_part(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._+-=").find(c) != std::string_view::npos;
  };
  constexpr std::size_t kMaxLocalPart = 64;  // RFC 5321 4.5.3.1.1
  return !text.empty() && text.size() <= kMaxLocalPart && !text.starts_with('.') &&
         !text.ends_with('.') && text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), is_plain);
}

template <class Capture>
Result<Action> parse_capture(std::string_view rest) {
  auto address = MailAddress::from_internal(rest);
  const bool is_written_so = rest.starts_with(address.local_part() + "@");
  if (address.kind() != MailAddress::Kind::domain || !is_written_so ||
      !is_plain_local_part(address.local_part())) {
    return failure("'" + std::string(rest) +
                   "' is no address; want user@domain, the user of letters, digits and . _ + - =");
  }
  return Capture{std::move(address)};
}

constexpr StageSet kMessages = StageSet::from(Stage::mail);
constexpr ActionSupport kAlways{};
constexpr ActionSupport kOfMessages{
    kMessages, kMessages,
    "it concerns a message, and before MAIL there is none: Postfix would warn and deliver"};
constexpr ActionSupport kOfGreeting{
    {Stage::connect},
    {Stage::connect},
    "it holds back the 220 greeting, which comes after connect alone"};
// access(5): Postfix ignores PREPEND at END-OF-MESSAGE. A milter adds it there.
constexpr ActionSupport kOfHeader{
    {Stage::mail, Stage::rcpt, Stage::data},
    kMessages,
    "it needs a message whose header has not ended: Postfix ignores it elsewhere"};
constexpr ActionSupport kOfRecipients{
    StageSet::from(Stage::rcpt), StageSet::from(Stage::rcpt),
    "it changes who gets a message, and before RCPT there is nobody who does"};

using Argument = ActionInfo::Argument;
constexpr std::string_view kReplyForm = "[code] [x.y.z] [\"text\"]";
constexpr std::string_view kTextForm = "[\"text\"]";
constexpr std::string_view kAddressForm = "ADDRESS";
constexpr std::nullopt_t kGoesOn = std::nullopt;

// In the order of Action.
constexpr ActionTable kTable = {{
    {ActionKind::pass, "pass", Argument::none, "",
     "Nothing that follows is looked at; Postfix gets DUNNO", Disposition::pass, true, kAlways,
     parse_alone<Pass>},
    {ActionKind::reject, "reject", Argument::optional, kReplyForm,
     "A 5xx reply: 550 5.7.1 \"text\"", Disposition::reject, false, kAlways, parse_reject},
    {ActionKind::defer, "defer", Argument::optional, kReplyForm, "A 4xx reply: 451 4.7.1 \"text\"",
     Disposition::defer, false, kAlways, parse_defer},
    {ActionKind::discard, "discard", Argument::optional, kTextForm,
     "The whole message is accepted and thrown away", Disposition::discard, false, kOfMessages,
     parse_with_text<Discard>},
    {ActionKind::hold, "hold", Argument::optional, kTextForm,
     "The whole message goes to the hold queue", Disposition::hold, true, kOfMessages,
     parse_with_text<Hold>},
    {ActionKind::redirect, "redirect", Argument::required, kAddressForm,
     "The message goes to ADDRESS instead of its recipients", Disposition::redirect, true,
     kOfRecipients, parse_capture<Redirect>},
    {ActionKind::skip, "skip", Argument::required, "NAME ...",
     "Checks and rules below that are left out", kGoesOn, true, kAlways, parse_skip},
    {ActionKind::soften, "soften", Argument::none, "", "What refuses below defers: 5xx becomes 4xx",
     kGoesOn, true, kAlways, parse_alone<Soften>},
    {ActionKind::delay, "delay", Argument::required, "TIME",
     "The 220 greeting is held back, up to 20s", kGoesOn, false, kOfGreeting, parse_delay},
    {ActionKind::prepend, "prepend", Argument::required, "\"Name: value\"",
     "A header for the message: \"Name: value\"", kGoesOn, false, kOfHeader, parse_prepend},
    {ActionKind::copy, "copy", Argument::required, kAddressForm, "ADDRESS gets the message, too",
     kGoesOn, false, kOfRecipients, parse_capture<Copy>},
    {ActionKind::log, "log", Argument::optional, kTextForm, "Noted in the decision line", kGoesOn,
     false, kAlways, parse_with_text<Log>},
}};

constexpr bool is_in_order(const ActionTable& table) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].kind) != i || table[i].word.empty()) return false;
  }
  return true;
}
static_assert(is_in_order(kTable), "each action has its row");

}  // namespace

const ActionTable& action_table() {
  return kTable;
}

const ActionInfo& info_of(ActionKind kind) {
  return kTable[static_cast<std::size_t>(kind)];
}

StageSet possible_stages(ActionKind kind, Door door) {
  const ActionSupport& support = info_of(kind).support;
  return door == Door::policy ? support.policy : support.milter;
}

StageSet possible_stages(ActionKind kind, DoorSet doors) {
  StageSet stages = StageSet::all();
  for (Door door : {Door::policy, Door::milter}) {
    if (doors.contains(door)) stages = stages & possible_stages(kind, door);
  }
  return stages;
}

ActionKind kind_of(Disposition disposition) {
  constexpr ActionKind kKinds[] = {ActionKind::pass,  ActionKind::hold,   ActionKind::redirect,
                                   ActionKind::defer, ActionKind::reject, ActionKind::discard};
  return kKinds[static_cast<std::size_t>(disposition)];
}

Result<Action> parse_action(std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  for (const ActionInfo& info : kTable) {
    if (word != info.word) continue;
    std::string_view rest = text.substr(word.size());
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    while (rest.ends_with(' ')) rest.remove_suffix(1);
    auto action = info.parse(rest);
    if (action) return action;
    return failure(std::string(word) + ": " + action.error().text);
  }
  return failure("'" + std::string(word) +
                 "' is not an action; want pass, skip, soften, reject, defer, discard, hold, "
                 "redirect, delay, prepend, copy or log");
}

Action soften(const Action& action) {
  if (std::holds_alternative<Discard>(action)) return Defer{kDeferDefaults};
  const auto* reject = std::get_if<Reject>(&action);
  if (reject == nullptr) return action;
  Defer defer{reject->reply};
  const int code = defer.reply.code - 100;
  defer.reply.code = code >= 450 && code <= 452 ? code : 450;
  defer.reply.enhanced.status_class = 4;
  return defer;
}

const MailAddress* capture_of(const Action& action) {
  if (const auto* redirect = std::get_if<Redirect>(&action)) return &redirect->to;
  if (const auto* copy = std::get_if<Copy>(&action)) return &copy->to;
  return nullptr;
}

std::string action_text(const Action& action) {
  std::string word(to_string(kind_of(action)));
  const auto with_text = [&](const auto& has) {
    return has.text.empty() ? word : word + " " + quote(has.text);
  };
  const auto with_reply = [&](const SmtpReply& reply) {
    return word + " " + std::to_string(reply.code) + " " + reply.enhanced.to_string() + " " +
           quote(reply.text);
  };
  return std::visit(
      Overloaded{[&](const Pass&) { return word; },
                 [&](const Reject& reject) { return with_reply(reject.reply); },
                 [&](const Defer& defer) { return with_reply(defer.reply); },
                 [&](const Discard& discard) { return with_text(discard); },
                 [&](const Hold& hold) { return with_text(hold); },
                 [&](const Redirect& redirect) { return word + " " + redirect.to.text(); },
                 [&](const Skip& skip) {
                   std::string text = word;
                   for (const std::string& name : skip.names) text += " " + name;
                   return text;
                 },
                 [&](const Soften&) { return word; },
                 [&](const Delay& delay) { return word + " " + format_duration(delay.time); },
                 [&](const Prepend& prepend) {
                   return word + " " + quote(prepend.name + ": " + prepend.value);
                 },
                 [&](const Copy& copy) { return word + " " + copy.to.text(); },
                 [&](const Log& log) { return with_text(log); }},
      action);
}

}  // namespace postern

#include "rules/model/action.h"

#include <array>

#include "common/base/duration.h"
#include "rules/model/reply_text.h"

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

Result<Action> parse_pass(std::string_view rest) {
  if (!rest.empty()) return failure("'" + std::string(rest) + "' after pass; want nothing there");
  return Pass{};
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
  if (auto good = check_text(value, kMaxHeaderValue); !good) return tl::unexpected(good.error());
  return Prepend{line->substr(0, colon), std::string(value)};
}

struct Verb {
  ActionKind kind;
  Result<Action> (*parse)(std::string_view rest);
};

constexpr std::array<Verb, 9> kVerbs = {{
    {ActionKind::pass, parse_pass},
    {ActionKind::reject, parse_reject},
    {ActionKind::defer, parse_defer},
    {ActionKind::discard, parse_with_text<Discard>},
    {ActionKind::hold, parse_with_text<Hold>},
    {ActionKind::skip, parse_skip},
    {ActionKind::delay, parse_delay},
    {ActionKind::prepend, parse_prepend},
    {ActionKind::log, parse_with_text<Log>},
}};

}  // namespace

ActionKind kind_of(const Action& action) {
  return static_cast<ActionKind>(action.index());
}

bool spares(ActionKind kind) {
  return kind == ActionKind::pass || kind == ActionKind::hold || kind == ActionKind::skip;
}

bool is_final(ActionKind kind) {
  switch (kind) {
    case ActionKind::pass:
    case ActionKind::reject:
    case ActionKind::defer:
    case ActionKind::discard:
    case ActionKind::hold:
      return true;
    case ActionKind::skip:
    case ActionKind::delay:
    case ActionKind::prepend:
    case ActionKind::log:
      return false;
  }
  return false;
}

std::string_view to_string(ActionKind kind) {
  switch (kind) {
    case ActionKind::pass:
      return "pass";
    case ActionKind::reject:
      return "reject";
    case ActionKind::defer:
      return "defer";
    case ActionKind::discard:
      return "discard";
    case ActionKind::hold:
      return "hold";
    case ActionKind::skip:
      return "skip";
    case ActionKind::delay:
      return "delay";
    case ActionKind::prepend:
      return "prepend";
    case ActionKind::log:
      return "log";
  }
  return "";
}

Result<Action> parse_action(std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  for (const Verb& verb : kVerbs) {
    if (word != to_string(verb.kind)) continue;
    std::string_view rest = text.substr(word.size());
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    while (rest.ends_with(' ')) rest.remove_suffix(1);
    auto action = verb.parse(rest);
    if (action) return action;
    return failure(std::string(word) + ": " + action.error().text);
  }
  return failure("'" + std::string(word) +
                 "' is not an action; want pass, skip, reject, defer, discard, hold, delay, "
                 "prepend or log");
}

}  // namespace postern

#include "rules/model/action_text.h"

#include "common/base/duration.h"

namespace postern {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string with_text(const Action& action, const std::string& text) {
  const std::string verb(to_string(kind_of(action)));
  return text.empty() ? verb : verb + " " + quoted(text);
}

std::string with_reply(const Action& action, const SmtpReply& reply) {
  return std::string(to_string(kind_of(action))) + " " + std::to_string(reply.code) + " " +
         reply.enhanced.to_string() + " " + quoted(reply.text);
}

std::string with_names(const Skip& skip) {
  std::string text = "skip";
  for (const std::string& name : skip.names) text += " " + name;
  return text;
}

}  // namespace

std::string action_text(const Action& action) {
  switch (kind_of(action)) {
    case ActionKind::pass:
      return "pass";
    case ActionKind::reject:
      return with_reply(action, std::get<Reject>(action).reply);
    case ActionKind::defer:
      return with_reply(action, std::get<Defer>(action).reply);
    case ActionKind::discard:
      return with_text(action, std::get<Discard>(action).text);
    case ActionKind::hold:
      return with_text(action, std::get<Hold>(action).text);
    case ActionKind::skip:
      return with_names(std::get<Skip>(action));
    case ActionKind::delay:
      return "delay " + format_duration(std::get<Delay>(action).time);
    case ActionKind::prepend: {
      const auto& prepend = std::get<Prepend>(action);
      return "prepend " + quoted(prepend.name + ": " + prepend.value);
    }
    case ActionKind::log:
      return with_text(action, std::get<Log>(action).text);
  }
  return "";
}

}  // namespace postern

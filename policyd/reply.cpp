#include "policyd/reply.h"

#include <cstddef>

#include "common/base/escape.h"

namespace postern::policyd {
namespace {

constexpr std::string_view kAction = "action=";
// RFC 5321 4.5.3.1.5: a reply line. Postfix itself sets no limit.
constexpr std::size_t kMaxReply = SmtpReply::kMaxText + sizeof "550 5.777.777 ";

void append_verb(std::string& out, std::string_view verb, const std::string& text) {
  out += verb;
  if (text.empty()) return;
  out += ' ';
  out += reply_safe(text, SmtpReply::kMaxText);
}

void append_action(std::string& out, const Verdict& verdict, const std::string* addition) {
  switch (verdict.action) {
    case Disposition::reject:
    case Disposition::defer:
      out += reply_safe(verdict.reply.to_string(), kMaxReply);
      return;
    case Disposition::discard:
      append_verb(out, "DISCARD", verdict.text);
      return;
    case Disposition::hold:
      append_verb(out, "HOLD", verdict.text);
      return;
    case Disposition::redirect:
      append_verb(out, "REDIRECT", verdict.redirect);
      return;
    case Disposition::pass:
      out += addition == nullptr ? std::string_view("DUNNO") : std::string_view(*addition);
      return;
  }
}

}  // namespace

std::string_view write_reply(const Verdict& verdict, const std::string* addition,
                             std::string& out) {
  out.assign(kAction);
  append_action(out, verdict, addition);
  const std::size_t end = out.size();
  out += "\n\n";
  return std::string_view(out).substr(kAction.size(), end - kAction.size());
}

}  // namespace postern::policyd

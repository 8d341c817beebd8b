#include "milter/reply.h"

#include "common/base/escape.h"

namespace postern::milter {
namespace {

MilterReply refusal(MilterReply::Status status, const SmtpReply& reply) {
  return {status, MilterReply::Refusal{std::to_string(reply.code), reply.enhanced.to_string(),
                                       reply_safe(reply.text, SmtpReply::kMaxText)}};
}

}  // namespace

MilterReply reply_for(const Verdict& verdict) {
  switch (verdict.action) {
    case Disposition::reject:
      return refusal(MilterReply::Status::reject, verdict.reply);
    case Disposition::defer:
      return refusal(MilterReply::Status::tempfail, verdict.reply);
    case Disposition::discard:
      return {MilterReply::Status::discard};
    case Disposition::pass:
    case Disposition::hold:
    case Disposition::redirect:
      return {};
  }
  return {};
}

std::string reply_in_words(const Verdict& verdict) {
  switch (verdict.action) {
    case Disposition::reject:
    case Disposition::defer:
      return verdict.reply.to_string();
    case Disposition::discard:
      return "DISCARD";
    case Disposition::hold:
      return verdict.text.empty() ? "QUARANTINE" : "QUARANTINE " + verdict.text;
    case Disposition::redirect:
      return "REDIRECT " + verdict.redirect;
    case Disposition::pass:
      return "CONTINUE";
  }
  return "CONTINUE";
}

std::string as_format(const std::string& text) {
  std::string format;
  for (char c : text) {
    format += c;
    if (c == '%') format += c;
  }
  return format;
}

}  // namespace postern::milter

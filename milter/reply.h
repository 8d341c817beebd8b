// Translates a verdict into what a libmilter callback answers. Pure.
#pragma once

#include <optional>
#include <string>

#include "rules/model/verdict.h"

namespace postern::milter {

struct MilterReply {
  enum class Status {
    proceed,
    reject,    // with a refusal
    tempfail,  // with a refusal; without one the MTA uses its own text
    discard,
    unanswered,  // the MTA does not wait for an answer
  } status = Status::proceed;
  // The reply to the client, as libmilter takes it.
  struct Refusal {
    std::string code;      // `550`: 5xx for reject, 4xx for tempfail; libmilter drops others
    std::string enhanced;  // `5.7.1`, of the same class
    std::string text;      // one line of visible ASCII, not longer than SmtpReply::kMaxText

    [[nodiscard]] std::string to_string() const { return code + " " + enhanced + " " + text; }
  };
  std::optional<Refusal> refusal{};
};

// A hold proceeds, and so does a redirect: EndOfMessageActions has what is done at the end of the
// message.
MilterReply reply_for(const Verdict& verdict);

// The verdict as the decision line shows it: `550 5.7.1 text`, CONTINUE, DISCARD, `QUARANTINE
// text`, `REDIRECT user@domain`.
std::string reply_in_words(const Verdict& verdict);

// `text` for an argument that libmilter takes for a printf format: doubles every %.
std::string as_format(const std::string& text);

}  // namespace postern::milter

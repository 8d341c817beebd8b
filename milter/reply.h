// From the core's words to libmilter's: what a callback answers for a verdict. Pure.
#pragma once

#include <optional>
#include <string>

#include "rules/model/verdict.h"

namespace postern::milter {

struct MilterReply {
  enum class Status {
    proceed,
    reject,    // with a refusal
    tempfail,  // with a refusal, or without one: then the MTA has its own
    discard,
    unanswered,  // the MTA does not wait for an answer
  } status = Status::proceed;
  // What the client is told, as libmilter takes it.
  struct Refusal {
    std::string code;      // `550`: 5xx for reject, 4xx for tempfail; libmilter drops any other
    std::string enhanced;  // `5.7.1`, of the same class
    std::string text;      // one line of visible ASCII, not longer than SmtpReply::kMaxText

    [[nodiscard]] std::string to_string() const { return code + " " + enhanced + " " + text; }
  };
  std::optional<Refusal> refusal{};
};

// hold proceeds: the message is put aside at its end (EndOfMessageActions).
MilterReply reply_for(const Verdict& verdict);

// What the decision line shows for the verdict: `550 5.7.1 text`, CONTINUE, DISCARD, `QUARANTINE
// text`.
std::string reply_in_words(const Verdict& verdict);

// `text` for an argument of libmilter that is a format: every % doubled.
std::string as_format(const std::string& text);

}  // namespace postern::milter

// From the core's words to libmilter's: what a callback answers for a verdict. Pure.
#pragma once

#include <string>

#include "rules/model/verdict.h"

namespace postern::milter {

struct MilterReply {
  enum class Status {
    proceed,
    reject,    // with code, enhanced and text
    tempfail,  // with code, enhanced and text, or without any: then the MTA has its own
    discard,
    unanswered,  // the MTA does not wait for an answer
  } status = Status::proceed;
  std::string code;      // `550`: 5xx for reject, 4xx for tempfail; libmilter drops any other
  std::string enhanced;  // `5.7.1`, of the same class
  std::string text;      // one line of visible ASCII, not longer than SmtpReply::kMaxText
};

// hold proceeds: the message is put aside at its end (EndOfMessageActions).
MilterReply reply_for(const Verdict& verdict);

// What the decision line shows for the verdict: `550 5.7.1 text`, CONTINUE, DISCARD, `QUARANTINE
// text`.
std::string reply_in_words(const Verdict& verdict);

// `text` for an argument of libmilter that is a format: every % doubled.
std::string as_format(const std::string& text);

}  // namespace postern::milter

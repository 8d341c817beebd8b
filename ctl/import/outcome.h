// What a line of a table makes of the mail that it matches, in the actions of a rule file. Values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace postern::import {

struct Outcome {
  // What lies behind an outcome that does not decide: Postfix's DUNNO and sendmail's OK end the
  // search in the whole table, sendmail's SKIP only that among keys of one kind.
  enum class Ends : std::uint8_t { table, step };

  std::vector<std::string> actions;  // as in a rule file; only the last may be final
  Ends ends = Ends::table;

  // Whether the last action is final.
  [[nodiscard]] bool decides() const;
  // How hard it is on mail: 0 for what lets it in, then hold, defer, reject, discard.
  [[nodiscard]] int severity() const;
  // Whether mail comes in because of it: pass, skip.
  [[nodiscard]] bool lets_in() const;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// An outcome and what had to be changed to express it.
struct ReadOutcome {
  Outcome outcome;
  std::vector<std::string> changes;
};

// One action of a rule file as an outcome. Errors: what parse_action() says.
Result<Outcome> outcome_of(const std::string& action);

// An outcome that does nothing and ends the search.
Outcome no_op();

// A refusal with this code: reject for 5xx, defer for 4xx. What a reply cannot hold is mended and
// said: bytes that are no visible ASCII, braces, too much text, an enhanced code of another class.
// A text may begin with an enhanced code. Errors: a code that is neither 4xx nor 5xx.
Result<ReadOutcome> refusal(int code, std::string_view enhanced, std::string_view text);

// Whether it is an enhanced status code, `5.7.1`.
bool is_enhanced_code(std::string_view word);

// hold, discard or log (`verb`) with a text for the MTA's log, mended likewise.
ReadOutcome with_log_text(std::string_view verb, std::string_view text);

// `text` as a scalar of YAML, in single quotes.
std::string yaml_quoted(std::string_view text);

// What to add to the reason why the key of a line is refused: of a line that lets mail in, that
// other lines may hit it now.
std::string what_it_leaves(const Outcome& outcome);

// Takes one pair of double quotes off, as sendmail writes them around texts.
std::string_view without_quotes(std::string_view text);

}  // namespace postern::import

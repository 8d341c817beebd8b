// The right-hand side of a Postfix access(5) table, and of a postscreen access list. Pure.
#pragma once

#include <string_view>

#include "ctl/import/outcome.h"

namespace postern::import {

// What the answer of a table depends on besides its text.
struct ResultContext {
  // Whether `$1` and `${1}` stand for what an expression caught, as in pcre_table(5).
  enum class Substitution { none, dollar };
  // access(5), ENHANCED STATUS CODES: those about addresses become those of what is refused.
  enum class Refused { sender, recipient, other };
  // Postfix answers 451 to an OK for what a client can choose freely.
  enum class Allowing { taken, forbidden };

  Substitution substitution = Substitution::none;
  Refused refused = Refused::other;
  Allowing allowing = Allowing::taken;

  // `about`: `client`, `sender`, ... as in ImportRequest.
  static ResultContext of(std::string_view about, Substitution substitution);
};

// Errors: an action that Postern does not have, or that only Postfix can do.
Result<ReadOutcome> read_postfix_result(std::string_view text, const ResultContext& context);

// The first word of the text, as postscreen(8) takes it: permit, reject or dunno; `permit` becomes
// the action `on_permit`.
Result<ReadOutcome> read_postscreen_result(std::string_view text, const Outcome& on_permit);

}  // namespace postern::import

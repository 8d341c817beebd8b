// The right-hand side of a Postfix access(5) table, and of a postscreen access list. Pure.
#pragma once

#include <string_view>

#include "ctl/import/outcome.h"

namespace postern {

// Whether `$1` and `${1}` stand for what an expression caught, as in pcre_table(5).
enum class Substitution { none, dollar };

// Errors: an action that Postern does not have, or that only Postfix can do.
Result<ReadOutcome> read_postfix_result(std::string_view text, Substitution substitution);

// permit, reject or dunno, as postscreen(8) takes them; `permit` becomes the action `on_permit`.
Result<ReadOutcome> read_postscreen_result(std::string_view text, const Outcome& on_permit);

}  // namespace postern

// Names of restrictions as the right-hand side of an access(5) table: `permit_auth_destination,
// reject`. Pure.
#pragma once

#include <string_view>

#include "ctl/import/outcome.h"

namespace postern::import {

// What the restrictions come to, for recipients that Postfix takes mail for: no other come to
// Postern's decision. Errors: what asks for something that the table does not say, with a way out.
Result<ReadOutcome> read_postfix_restrictions(std::string_view text);

}  // namespace postern::import

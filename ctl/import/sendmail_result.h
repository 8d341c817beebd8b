// The right-hand side of sendmail's access map (cf/README, "Access Database"). Pure.
#pragma once

#include <string_view>

#include "ctl/import/outcome.h"

namespace postern {

// Where in the SMTP session the map is asked; OK and REJECT differ.
enum class SendmailCheck { connect, from, to };

// Errors: what is no answer of an access map.
Result<ReadOutcome> read_sendmail_result(std::string_view text, SendmailCheck check);

}  // namespace postern

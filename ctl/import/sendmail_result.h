// The right-hand side of sendmail's access map (cf/README, "Access Database"). Pure.
#pragma once

#include <string_view>

#include "ctl/import/outcome.h"

namespace postern::import {

// Where in the SMTP session the map is asked; OK and REJECT differ.
enum class SendmailCheck { connect, from, to };

// What is no answer of an access map is a text with which sendmail refuses (the last rule of each
// check in proto.m4), and a change says what is odd about it.
// Errors: a reply code that refuses nothing; what depends on other settings of sendmail's.
Result<ReadOutcome> read_sendmail_result(std::string_view text, SendmailCheck check);

}  // namespace postern::import

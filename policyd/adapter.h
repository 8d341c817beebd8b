// From Postfix's words to the core's: PolicyRequest to Transaction. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "policyd/request.h"
#include "rules/model/stage.h"
#include "rules/model/transaction.h"

namespace postern::policyd {

// The stage of a `protocol_state`. Nothing for states that Postern decides nothing about (VRFY,
// ETRN, what may come): the answer to these is DUNNO.
// XCLIENT is a connect: Postfix asks again with the client that it was told about. With
// smtpd_delay_reject=yes (Postfix's default) everything before RCPT is asked at RCPT.
std::optional<Stage> stage_of(std::string_view protocol_state);

// Overwrites all of `transaction`, keeping its memory.
// `unknown` as a client's name is no name; an address that cannot be read is no address. A
// recipient counts after RCPT only if it is the only one.
void fill_transaction(const PolicyRequest& request, Stage stage, Transaction& transaction);

}  // namespace postern::policyd

// Translates a request of Postfix into the transaction that rules see. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "policyd/request.h"
#include "rules/model/stage.h"
#include "rules/model/transaction.h"

namespace postern::policyd {

// The stage of a `protocol_state`. Nothing for a state about which Postern decides nothing (VRFY,
// ETRN, unknown ones): the reply is DUNNO then. XCLIENT counts as a connect, because Postfix asks
// again with the client that XCLIENT names. With smtpd_delay_reject=yes (Postfix's default) Postfix
// asks at RCPT about everything before RCPT.
std::optional<Stage> stage_of(std::string_view protocol_state);

// Overwrites all of `transaction`, but keeps its memory. The client name `unknown` becomes an empty
// name, and an address that cannot be parsed becomes none. After RCPT a recipient counts only if it
// is the only one.
void fill_transaction(const PolicyRequest& request, Stage stage, Transaction& transaction);

}  // namespace postern::policyd

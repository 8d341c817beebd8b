// Translates a verdict into the bytes of one policy reply. Pure.
#pragma once

#include <string>
#include <string_view>

#include "rules/model/verdict.h"

namespace postern::policyd {

// Replaces `out` with `action=...` and an empty line, and returns a view of the action in it. The
// action is one line of visible ASCII and spaces: DUNNO, PREPEND, BCC, a reply code with text,
// DISCARD, HOLD or REDIRECT. It is never OK, which ends Postfix's list of restrictions and can open
// a relay. A verdict that lets the mail pass carries `addition`, an action as it goes out (may be
// null); other replies have no room for it.
std::string_view write_reply(const Verdict& verdict, const std::string* addition, std::string& out);

}  // namespace postern::policyd

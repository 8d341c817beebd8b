// From the core's words to Postfix's: a verdict as the bytes of one policy reply. Pure.
#pragma once

#include <string>
#include <string_view>

#include "rules/model/verdict.h"

namespace postern::policyd {

// Replaces `out` with `action=...` and an empty line, and returns the action in it, which is one
// line of visible ASCII and spaces: DUNNO, PREPEND, a reply code with text, DISCARD or HOLD. Never
// OK, which would end Postfix's list of restrictions and can open a relay. `header` (may be null)
// goes with a verdict that lets pass; the others have no room for it.
std::string_view write_reply(const Verdict& verdict, const Header* header, std::string& out);

}  // namespace postern::policyd

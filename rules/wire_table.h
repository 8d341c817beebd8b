// Which action can be had at which stage through which door: the total table. A pair that is not in
// it is refused when the rule file is loaded, because the MTA would do something else in silence
// (DISCARD or HOLD at CONNECT: Postfix warns, and delivers). docs/actions.md shows it.
#pragma once

#include <string_view>

#include "rules/action.h"
#include "rules/stage.h"

namespace postern {

enum class Door : std::uint8_t { policy, milter };

std::string_view to_string(Door door);

// The stages at which `door` can do it.
StageSet possible_stages(ActionKind action, Door door);
// The stages at which every door can do it: what a rule file, which serves both, may ask for.
StageSet possible_stages(ActionKind action);

// Why the action is not possible at the stages it is not possible at; empty if it always is.
std::string_view why_limited(ActionKind action);

}  // namespace postern

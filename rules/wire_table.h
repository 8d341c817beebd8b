// Which action can be had at which stage through which door: the total table. A pair that is not in
// it is refused when the rule file is loaded, because the MTA would do something else in silence
// (DISCARD or HOLD at CONNECT: Postfix warns, and delivers). docs/actions.md shows it.
#pragma once

#include <string_view>

#include "rules/model/action.h"
#include "rules/model/door.h"
#include "rules/model/stage.h"

namespace postern {

// The stages at which `door` can do it.
StageSet possible_stages(ActionKind action, Door door);
// The stages at which each of `doors` can do it: what a rule may ask for that these can judge.
StageSet possible_stages(ActionKind action, DoorSet doors);

// Why the action is not possible at the stages it is not possible at; empty if it always is.
std::string_view why_limited(ActionKind action);

}  // namespace postern

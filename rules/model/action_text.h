// An action as it is written in a rule file. Pure.
#pragma once

#include <string>

#include "rules/model/action.h"

namespace postern {

// What parse_action() reads as this action: `reject 550 5.7.1 "text"`.
std::string action_text(const Action& action);

}  // namespace postern

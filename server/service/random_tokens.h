// Tokens of decisions that nobody foresees, for one connection of a door.
#pragma once

#include "rules/model/token.h"

namespace postern::service {

// None where the system has no random source. Any thread.
Tokens random_tokens();

}  // namespace postern::service

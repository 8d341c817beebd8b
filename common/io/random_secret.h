// Where the secret of a KeyedHash comes from. Any thread.
#pragma once

#include "common/keyed_hash.h"

namespace postern {

// From the system's random source; waits for it at boot. Throws std::system_error when there is
// none: at start-up only.
KeyedHash::Secret random_secret();

}  // namespace postern

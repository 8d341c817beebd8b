// Bytes that nobody can predict, from the system's random source. Any thread.
#pragma once

#include <cstddef>
#include <span>

#include "common/base/keyed_hash.h"

namespace postern::os {

// Waits for the source at boot. False when there is none.
[[nodiscard]] bool fill_random(std::span<std::byte> bytes);

// For a hash of what strangers choose. Throws std::system_error when there is no random source: at
// start-up only.
KeyedHash::Secret random_secret();

}  // namespace postern::os

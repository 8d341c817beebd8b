// Whether an expression can match anything that is ASCII. Pure.
#pragma once

#include <string>

namespace postern::import {

// `entry` is `~regex` of a list, and one that compiles. True where that cannot be told.
bool can_match_ascii(const std::string& entry);

}  // namespace postern::import

// What an event has in common with others: the key of its pool of each kind. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/holder_network.h"
#include "rules/radar/event.h"

namespace postern::radar {

// Whether `name` is `domain` or below it.
bool is_below(std::string_view name, std::string_view domain);

// What can be written into a list and a command line as it is: letters, digits, `.`, `_` and `-`.
bool is_plain_word(std::string_view text);

}  // namespace postern::radar

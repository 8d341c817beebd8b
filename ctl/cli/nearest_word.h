// What somebody meant who typed a word that there is not. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::ctl {

// The word of `known` that takes the fewest letters to be put in, left out, altered or exchanged
// with their neighbour; none when that is more than a third of them, and two at least.
std::optional<std::string> nearest_word(std::string_view typed,
                                        const std::vector<std::string>& known);

}  // namespace postern::ctl

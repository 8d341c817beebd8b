// What somebody meant who typed a word that there is not. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

// Letters to put in, leave out, alter, or exchange with their neighbour to get from one to the
// other. Time and memory are those of the product of the lengths.
std::size_t typing_errors(std::string_view one, std::string_view other);

// The word of `known` that takes the fewest letters to be put in, left out, altered or exchanged
// with their neighbour; none when that is more than a third of them, and two at least.
std::optional<std::string> nearest_word(std::string_view typed,
                                        const std::vector<std::string>& known);

}  // namespace postern

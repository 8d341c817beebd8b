// How far a word is from the one that was meant. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern::doctor {

// Letters to put in, leave out, change, or exchange with their neighbour to get from one to the
// other. The time is that of the product of the lengths.
std::size_t typing_errors(std::string_view one, std::string_view other);

}  // namespace postern::doctor

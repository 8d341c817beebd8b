// How much a daemon can have to say, and so how much of it posternctl takes in: whoever has taken a
// daemon over must not fill the memory of the one who asks it. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern::ctl {

// Of the body that docs/control.md has for the path of `target`, in bytes. What is counted are the
// bounds of that which it tells; every byte of a text can take kEscapedByte.
std::size_t answer_limit(std::string_view target);

// `\\xNN`, as a byte that cannot be shown stands in JSON.
inline constexpr std::size_t kEscapedByte = 5;

}  // namespace postern::ctl

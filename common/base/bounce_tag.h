// The tag that a mail system puts in front of the local part of its own senders, so that it knows a
// bounce to one of its messages from a forged one. Behind the tag stands the sender's own local
// part. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern {

// Bytes of the tag at the start of a local part; 0 without one. The letters' case does not count:
//   prvs=KDDDSSSSSS=local    draft-levine-smtp-batv-01 4: key number, day, six hexadecimal digits
//   btv1==DDDSSSSSSSS==local Barracuda's: day, eight hexadecimal digits
// Whatever is not exactly of one of these forms, or has nothing behind it, is no tag.
std::size_t bounce_tag_length(std::string_view local_part);

}  // namespace postern

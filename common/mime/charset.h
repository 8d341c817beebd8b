// From the character set of an encoded word to UTF-8, by the C library's iconv(3). Pure.
#pragma once

#include <string>
#include <string_view>

namespace postern::mime {

// `charset` as it stands in mail, in any case. Bytes that are no character in it become U+FFFD;
// what is in a set that the C library does not know comes back as it is. The result may be invalid
// UTF-8 (then it was not converted) and may have any control character.
std::string from_charset(std::string_view bytes, std::string_view charset);

}  // namespace postern::mime

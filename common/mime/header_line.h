// The body of a header field as one line of valid UTF-8, before anything in it is interpreted.
// Pure.
#pragma once

#include <string_view>

#include "common/mime/header_text.h"

namespace postern::mime {

// Unfolded (RFC 5322 2.2.3: a line break goes, the blank after it stays; one without a blank after
// it becomes one), bytes that are not UTF-8 taken as Latin-1, NUL replaced by U+FFFD. At most
// kMaxHeaderText bytes are read and come back.
HeaderText header_line(std::string_view raw);

}  // namespace postern::mime

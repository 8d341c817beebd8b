// A list file: one entry a line, `#` comments, and behind the value what else there is to say of
// it:
//   adp-mail.example   reason="ticket 4711" owner=drj expires=2026-12-31 then="reject 550 No"
// A value with blanks in it stands in quotes. For lists that are long or that programs write. Pure:
// the text comes from the caller.
#pragma once

#include <string>
#include <string_view>

#include "common/base/diagnostic.h"
#include "rules/lists/list.h"

namespace postern::load {

// Adds every line of `text` to `list`, for which it makes room first. What is wrong is reported
// with its line; after kMaxReported errors the rest of the file is left.
void load_plain_list(std::string_view text, const std::string& file, lists::List& list,
                     Diagnostics& diagnostics);

inline constexpr int kMaxReported = 20;
inline constexpr std::size_t kMaxListLine = 4096;

}  // namespace postern::load

// What `$1`, `${1}` and `$(1)` stand for in the text of a pcre or regexp table. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern::import {

struct ReferencedText {
  std::string text;         // without what the references stand for; `$$` is a dollar sign
  std::size_t highest = 0;  // group that is referred to; 0: none
};

// Errors: what Postfix does not take, and leaves the line out for: `$name`, `$0`, a `$` alone.
Result<ReferencedText> read_references(std::string_view text);

}  // namespace postern::import

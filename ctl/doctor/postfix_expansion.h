// `$name` and its relatives in a Postfix value (postconf(5), "main.cf"). Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace postern::doctor {

using PostfixLookup = std::function<std::string_view(std::string_view name)>;

// Every name that `look_up` gives a value for is replaced, and what stands in that value too.
// Bounded: of a loop, or of more than 64 KiB, the rest is left out.
std::string expand_postfix(std::string_view text, const PostfixLookup& look_up);

}  // namespace postern::doctor

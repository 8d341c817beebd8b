// Characters that a reader does not see: Unicode's property Default_Ignorable_Code_Point (soft
// hyphen, zero width space and joiners, variation selectors, tags, ...). Put into a word they hide
// it from a comparison and from nobody else. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

// `text` without them; nothing when it has none. Bytes that are no UTF-8 stay.
std::optional<std::string> without_ignorable(std::string_view text);

}  // namespace postern

// The restrictions that Postfix knows by name (postconf(5), 2.10 to 3.10, with the old names that
// it still takes). Pure.
#pragma once

#include <optional>
#include <string_view>

namespace postern::doctor {

enum class RestrictionArgument { none, one };

// What the restriction takes. Names are compared as Postfix does, without regard to case. Nothing
// when there is none of that name.
std::optional<RestrictionArgument> find_restriction(std::string_view name);

// The one that `name` is a misspelling of; empty when none is near.
std::string_view nearest_restriction(std::string_view name);

}  // namespace postern::doctor

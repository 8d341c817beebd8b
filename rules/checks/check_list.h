// All checks there are. Made by CMake from rules/checks.list. Pure.
#pragma once

#include <span>
#include <string_view>

#include "rules/model/check.h"

namespace postern::checks {

// Every check, in the order of checks.list.
std::span<const CheckInfo* const> all_checks();
// Null when there is none of that name.
const CheckInfo* find_check(std::string_view name);

}  // namespace postern::checks

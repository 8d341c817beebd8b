// The macros that an MTA sends before a command. The callbacks use them, on libmilter's threads.
#pragma once

#include <libmilter/mfapi.h>

#include <optional>
#include <span>
#include <string_view>

#include "rules/attribute.h"

namespace postern::milter {

// The value of a macro, or nothing when the MTA sent none. libmilter keeps the value until the
// callback returns. `name` is as in sendmail.cf: `i`, `{auth_authen}`.
std::optional<std::string_view> told_macro(SMFICTX* context, const char* name);
// The same, but empty when the MTA sent none.
std::string_view macro(SMFICTX* context, const char* name);
// The macro of an attribute; empty also when the attribute has none.
std::string_view macro(SMFICTX* context, Attribute attribute);

// Removes the last name of a packet if it has no value, or a value without an end. A packet holds
// names and values in turn, each with a NUL behind it. libmilter takes the strings for pairs, and
// reads beyond its list if their number is odd (smfi_getsymval in smfi.c of 8.17.1). Every packet
// passes through this function before libmilter sees it.
void drop_unpaired(std::span<char> strings);

}  // namespace postern::milter

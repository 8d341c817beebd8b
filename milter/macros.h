// The macros that an MTA sends in front of a command.
#pragma once

#include <libmilter/mfapi.h>

#include <optional>
#include <span>
#include <string_view>

#include "rules/attribute.h"

namespace postern::milter {

// Its value, kept by libmilter until the callback returns; nothing when the MTA has sent none.
// `name` as in sendmail.cf: `i`, `{auth_authen}`.
std::optional<std::string_view> told_macro(SMFICTX* context, const char* name);
// The same, empty when the MTA has sent none.
std::string_view macro(SMFICTX* context, const char* name);
// That of the attribute; empty also when the attribute has no macro.
std::string_view macro(SMFICTX* context, Attribute attribute);

// Takes the last name from a packet (names and values in turn, each with a NUL behind it) if it has
// no value, or a value that does not end: libmilter then passes over it. It takes strings for
// pairs, and of an odd number of them reads behind its list (smfi_getsymval in smfi.c of 8.17.1).
// Each packet passes through here before libmilter sees it.
void drop_unpaired(std::span<char> strings);

}  // namespace postern::milter

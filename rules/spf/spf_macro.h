// Macro-strings of SPF (RFC 7208 7): their syntax, and what they become for one mail. Pure; every
// byte of them is a stranger's.
#pragma once

#include <string>
#include <string_view>

#include "common/base/ip_address.h"
#include "common/base/result.h"

namespace postern::spf {

// In the text of an explanation there may be blanks and the macros `c`, `r` and `t` besides.
enum class MacroPlace { name, explanation };

// Nothing, or what is no macro-string of that place, and why.
Result<void> check_macros(std::string_view text, MacroPlace place);

// The same of a name, domain-spec in the grammar: a macro or a top label of letters, digits and
// hyphens, not all of them digits, ends it.
Result<void> check_domain_spec(std::string_view text);

// Whether there is a `%{p}`, for which DNS has to be asked. REQUIRES: check_macros() found nothing.
bool has_p_macro(std::string_view text);

// What the letters stand for. Points to what outlives it.
struct MacroValues {
  std::string_view local_part;     // l
  std::string_view sender_domain;  // o; `s` is both
  std::string_view domain;         // d
  IpAddress client;                // i, c and v
  std::string_view validated;      // p
  std::string_view helo;           // h
};

// The text with every macro replaced: octets, in which a dot parts labels where it is a name. `r`
// and `t` are `unknown` and `0`: whoever judges knows neither its own name nor the time. REQUIRES:
// check_macros() found nothing.
std::string expand_macros(std::string_view text, const MacroValues& values);

// The last labels of `name` that together have at most 253 octets, which is what DNS can be asked
// (RFC 7208 7.3); without a final dot.
std::string_view last_labels_that_fit(std::string_view name);

}  // namespace postern::spf

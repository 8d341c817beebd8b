// Texts of a rule that end up in an SMTP reply, an MTA's log or a header: what they may hold, and
// the placeholders in them. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "rules/model/transaction.h"

namespace postern {

// Of what a check has authenticated, with the name of this site (RFC 8601 2.2).
inline constexpr std::string_view kAuthResultsPlaceholder = "{auth_results}";

// Those that only the texts of a rule with a check can have (CheckInfo::placeholder,
// CheckInfo::quote and CheckInfo::authenticates).
inline constexpr std::array<std::string_view, 5> kCheckPlaceholders = {
    "{zone}", "{spf}", "{list_text}", "{retry}", kAuthResultsPlaceholder};

// What stands in the place of such a one. Both empty: there is none.
struct CheckWord {
  std::string_view placeholder{};
  std::string_view value{};
};
// Of one check at most three.
using CheckWords = std::array<CheckWord, 3>;

// Checks a text as written in a rule file: visible ASCII and spaces, at most `max_bytes`, and in
// braces only `{rule}`, `{client}`, `{sender_domain}`, `{token}` and those of checks.
Result<void> check_text(std::string_view text, std::size_t max_bytes);

// Replaces the placeholders; one without a value becomes `-`. The result is safe for a reply line
// whatever the client sent, and cut to `max_bytes`.
std::string expand_placeholders(std::string_view text, std::string_view rule,
                                const Transaction& transaction, std::size_t max_bytes,
                                const CheckWords& of_check = {});

// Takes the quotes off `"text"` (inside them \" and \\ stand for themselves); text without quotes
// is returned as it is. The error is a quote without its partner.
Result<std::string> unquote(std::string_view text);

// The other way: `text` in quotes, as an action takes it.
std::string quote(std::string_view text);

}  // namespace postern

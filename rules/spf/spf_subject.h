// Whose SPF record counts for a mail, and for which sender (RFC 7208 2.3, 2.4, 4.3). Pure.
#pragma once

#include <optional>

#include "common/base/words.h"
#include "rules/model/transaction.h"
#include "rules/spf/spf.h"

namespace postern::spf {

enum class Identity : std::uint8_t { mail_from, helo };
inline constexpr Word<Identity> kIdentities[] = {{"mail_from", Identity::mail_from},
                                                 {"helo", Identity::helo}};

// The sender, and for the null sender `postmaster` at the HELO name; with Identity::helo always
// that. Nothing: it has no domain name of several labels, of which the result is `none` (4.3). Of a
// local part or HELO of more than 256 octets the last ones count.
// REQUIRES: there is a client, and a sender for Identity::mail_from.
std::optional<Subject> subject_of(const Transaction& transaction, Identity identity);

}  // namespace postern::spf

// The argument of MAIL or RCPT as a client has written it, read as MTAs read it. RFC 5321 4.1.1.2
// allows one way to write an address; Postfix and sendmail take many: blanks and comments (RFC 5322
// 3.2.2), further brackets, quotes and backslashes where none belong, source routes, `host!user`.
// Pure; any bytes give a value.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/mail_address.h"

namespace postern {

// What the MTA says it has understood ({mail_addr}, {rcpt_addr}); nothing when it does not say.
using MtaReading = std::optional<std::string_view>;

// `path`: with its brackets, if it has any. The result knows as given() what was written between
// them, unless that is the one way.
//
// `mta` counts where the path can be read in more ways than one, such as two words for a domain or
// a bracket that is not closed; where only the local part can, if the domain is the same. It counts
// where the MTA sends on what is at a host of its own (`a%x.example@here.example`). It does not
// count elsewhere, nor when it has lost the domain: MTAs also put what their own tables make of an
// address there (sendmail's virtusertable, its local users without a domain), and rules are about
// the address that was written.
MailAddress read_path(std::string_view path, MtaReading mta);

}  // namespace postern

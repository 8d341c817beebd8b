// Whom checks of clients are about. Pure.
#pragma once

#include "rules/model/transaction.h"

namespace postern::checks {

// What outside_client() looks at, all known from MAIL on. A check of clients is for no earlier
// stage: who means to log in has not done so at HELO.
inline constexpr AttributeSet kOutsideClient =
    attribute_set({Attribute::client, Attribute::sasl_username});

// The client, if it is a host of the Internet that has not logged in. Null: there is none, or it is
// on this machine, in a private network or on the same link; or somebody has logged in, whose
// machine may stand anywhere.
const IpAddress* outside_client(const Transaction& transaction);

}  // namespace postern::checks

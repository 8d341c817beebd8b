// Who sends a mail, as far as DNS vouches for it: many servers of one sender are one. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/base/public_suffixes.h"
#include "rules/model/facts.h"
#include "rules/model/transaction.h"

namespace postern::checks {

struct SenderOrigin {
  // `spf`: the sender's domain lets the client send (RFC 7208), and not just everybody. Else what
  // somebody has registered of the client's name that leads back to it and is not made of its
  // address, `hoster.example`. Empty: neither, or it is not known.
  std::string name{};
  // Why it is not known, for people; empty: it is. A name of the client that is not known counts
  // for none: strangers choose who answers for their addresses.
  std::string fault{};
};

// Nothing: facts are missing; those of SPF and of the name are asked for together.
// REQUIRES: there is a client, and a sender that is not null.
std::optional<SenderOrigin> sender_origin(const Transaction& transaction,
                                          const PublicSuffixes& suffixes, FactView& facts);

}  // namespace postern::checks

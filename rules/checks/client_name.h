// Whether a client has a name that leads back to it: its reverse names, and their addresses
// (`iprev`, RFC 8601 2.7.3). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/ip_address.h"
#include "rules/model/facts.h"

namespace postern::checks {

struct ClientName {
  enum class Kind : std::uint8_t {
    confirmed,
    none,
    mismatch,  // there are names, and none leads back
    generic,   // confirmed, and made of the address
    unknown,   // a fault of DNS, or more names than are looked at
  } kind = Kind::unknown;
  std::string text{};  // the name if there is one, or what the fault is; for people
};

// Of at most ten names, as in SPF (RFC 7208 4.6.4); one that leads back is enough, whatever its
// place, and one of its own is better than one that is made of the address. Nothing: facts are
// missing.
std::optional<ClientName> look_up_client_name(const IpAddress& client, FactView& facts);

}  // namespace postern::checks

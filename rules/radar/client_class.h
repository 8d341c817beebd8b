// What the verified name of a client says about whose machine it is. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/ip_address.h"

namespace postern::radar {

enum class ClientClass : std::uint8_t {
  none,      // no verified name
  own,       // below the registrable domain of the sender
  generic,   // made from the address, or with a word like `dyn`, `pool`, `dsl`
  provider,  // any other
};

// `name_domain`: the registrable domain of `name`; `sender`: of the sender.
ClientClass class_of_client(std::string_view name, std::string_view name_domain,
                            const IpAddress& address, std::string_view sender);

}  // namespace postern::radar

// The addresses of hosts that an MTA's files name, as this machine finds them. Blocks on the
// system's resolver.
#pragma once

#include <string>
#include <vector>

#include "common/base/ip_address.h"

namespace postern::doctor {

// Empty when it has none here.
std::vector<IpAddress> addresses_of_host(const std::string& host);

}  // namespace postern::doctor

// Asks each name server of the settings for names that nobody has. Blocks, for a bounded time.
#pragma once

#include <string>
#include <vector>

#include "ctl/doctor/host_state.h"
#include "server/config/settings.h"

namespace postern::doctor {

// Two names that do not exist: one below `.invalid` (RFC 6761 6.4), which a resolver may know by
// itself, and one below a top-level domain that does exist, made of random letters.
std::vector<std::string> names_of_nobody();

// All servers of `dns.upstreams` at once, 16 at most, each by itself.
std::vector<ServerStatus> ask_name_servers(const resolver::DnsSettings& dns,
                                           const std::vector<std::string>& names);

}  // namespace postern::doctor

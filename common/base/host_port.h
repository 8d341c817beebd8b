// An address with a port, as settings and other files write it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/ip_address.h"

namespace postern {

struct HostPort {
  IpAddress address;
  std::uint16_t port = 0;
};

// `127.0.0.1`, `127.0.0.1:5353`, `::1`, `[::1]:5353`. Without `default_port` the port must be
// there. Nothing when it is none of these.
std::optional<HostPort> parse_host_port(std::string_view text,
                                        std::optional<std::uint16_t> default_port);

// `127.0.0.1:53`, `[::1]:53`
std::string to_string(const HostPort& where);

}  // namespace postern

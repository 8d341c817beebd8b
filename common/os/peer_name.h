// Who is at the other end of a connection, for a line of the log.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>

#include "common/base/ip_address.h"

namespace postern::os {

// None of a unix socket.
std::optional<IpAddress> peer_address(const sockaddr_storage& name);

// An address; `unix` for a unix socket, `gone` when there is nobody any more.
std::string peer_name(int fd);

}  // namespace postern::os

// Who is at the other end of a connection, for a line of the log.
#pragma once

#include <string>

namespace postern {

// An address; `unix` for a unix socket, `gone` when there is nobody any more.
std::string peer_name(int fd);

}  // namespace postern

// Where a benchmark's program listens or connects: `unix:/PATH` or `inet:ADDRESS:PORT`.
#pragma once

#include <sys/socket.h>

#include <string>

#include "common/os/unique_fd.h"

namespace postern {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t length = 0;

  // Throws std::runtime_error when the text is none.
  static Endpoint parse(const std::string& text);
};

// Both throw std::runtime_error. What connect_to() returns does not block; it has waited for a
// daemon whose queue was full.
os::UniqueFd listen_at(const Endpoint& where);
os::UniqueFd connect_to(const Endpoint& where);

}  // namespace postern

// Connects to a unix stream socket that another program listens on. Blocks.
#pragma once

#include <chrono>
#include <string>

#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace postern::os {

// A connected socket, non-blocking. Errors say what a person can do about it: there is no such
// socket, nobody listens on it, who may connect, it took no connection within `timeout`.
Result<UniqueFd> connect_unix(const std::string& path, std::chrono::milliseconds timeout);

}  // namespace postern::os

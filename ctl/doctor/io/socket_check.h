// Looks at a socket as an MTA's user would get to it. Blocks, for a bounded time.
#pragma once

#include "ctl/doctor/host_state.h"
#include "ctl/doctor/socket_question.h"

namespace postern::doctor {

// Permissions are those of owner, group and mode, as of every folder above; access lists are not
// looked at. Who listens is found out by connecting, and hanging up at once.
SocketStatus check_socket(const SocketQuestion& question);

}  // namespace postern::doctor

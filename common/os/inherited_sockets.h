// The listening sockets that a service manager has opened for this process (sd_listen_fds(3)): they
// take connections while no daemon is there, and keep them for the next one.
#pragma once

#include <string>
#include <vector>

#include "common/base/listen_address.h"
#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace postern::os {

// Owns what has not been taken. Move-only; for the main thread, before there are others.
class InheritedSockets {
 public:
  // Those that $LISTEN_FDS counts, from descriptor 3 on, if $LISTEN_PID is this process; none
  // without these variables, which are removed, so that no child takes them for its own.
  // Errors: variables that say nothing sensible, a descriptor that is no listening stream socket.
  static Result<InheritedSockets> from_environment();

  // The socket that listens there, non-blocking from now on; not open when there is none.
  [[nodiscard]] UniqueFd take(const ListenAddress& address);
  // Error: there is one left that nobody has asked for, named beside all of `asked_for`.
  [[nodiscard]] Result<void> require_none_left(const std::vector<ListenAddress>& asked_for) const;

 private:
  struct Socket {
    UniqueFd fd;
    std::string address;  // as ListenAddress::to_string() has it
    std::string name;     // of $LISTEN_FDNAMES, may be empty
  };

  std::vector<Socket> sockets_;
};

}  // namespace postern::os

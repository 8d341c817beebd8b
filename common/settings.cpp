#include "common/settings.h"

#include "common/host_port.h"

namespace postern {

std::string ListenAddress::to_string() const {
  return kind == Kind::unix_socket ? "unix:" + path
                                   : "inet:" + postern::to_string(HostPort{address, port});
}

}  // namespace postern

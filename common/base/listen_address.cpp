#include "common/base/listen_address.h"

#include "common/base/host_port.h"

namespace postern {

std::string ListenAddress::to_string() const {
  return kind == Kind::unix_socket ? "unix:" + path
                                   : "inet:" + postern::to_string(HostPort{address, port});
}

}  // namespace postern

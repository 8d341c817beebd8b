#include "policyd/peer_name.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

#include "common/ip_address.h"

namespace postern {

std::string peer_name(int fd) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return "gone";
  if (name.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(name);
    return IpAddress::from_v4(ntohl(v4.sin_addr.s_addr)).to_string();
  }
  if (name.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(name);
    IpAddress::Bytes bytes{};
    std::copy(std::begin(v6.sin6_addr.s6_addr), std::end(v6.sin6_addr.s6_addr), bytes.begin());
    return IpAddress(bytes).to_string();
  }
  return "unix";
}

}  // namespace postern

#include "common/os/peer_name.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

#include "common/base/ip_address.h"

namespace postern::os {

std::optional<IpAddress> peer_address(const sockaddr_storage& name) {
  if (name.ss_family == AF_INET) {
    return IpAddress::from_v4(ntohl(reinterpret_cast<const sockaddr_in&>(name).sin_addr.s_addr));
  }
  if (name.ss_family != AF_INET6) return std::nullopt;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(name);
  IpAddress::Bytes bytes{};
  std::copy(std::begin(v6.sin6_addr.s6_addr), std::end(v6.sin6_addr.s6_addr), bytes.begin());
  return IpAddress(bytes);
}

std::string peer_name(int fd) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return "gone";
  const auto address = peer_address(name);
  return address ? address->to_string() : "unix";
}

}  // namespace postern::os

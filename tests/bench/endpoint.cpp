#include "tests/bench/endpoint.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace postern {
namespace {

constexpr int kQueue = 4096;

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

const sockaddr* address_of(const Endpoint& where) {
  return reinterpret_cast<const sockaddr*>(&where.address);
}

os::UniqueFd socket_for(const Endpoint& where) {
  os::UniqueFd fd(::socket(where.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  require(fd.is_open(), "socket");
  return fd;
}

Endpoint parse_unix(const std::string& path) {
  Endpoint where;
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error(path + " is too long");
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  where.length = sizeof address;
  std::memcpy(&where.address, &address, sizeof address);
  return where;
}

}  // namespace

Endpoint Endpoint::parse(const std::string& text) {
  if (text.starts_with("unix:/")) return parse_unix(text.substr(5));
  const auto colon = text.rfind(':');
  const auto wrong = std::runtime_error("'" + text + "' is not unix:/PATH or inet:ADDRESS:PORT");
  if (!text.starts_with("inet:") || colon < 5) throw wrong;
  Endpoint where;
  sockaddr_in address{};
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  const std::string host = text.substr(5, colon - 5);
  if (read.ec != std::errc{} || read.ptr != end) throw wrong;
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) throw wrong;
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  where.length = sizeof address;
  std::memcpy(&where.address, &address, sizeof address);
  return where;
}

os::UniqueFd listen_at(const Endpoint& where) {
  os::UniqueFd fd = socket_for(where);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  require(::bind(fd.get(), address_of(where), where.length) == 0, "bind");
  require(::listen(fd.get(), kQueue) == 0, "listen");
  require(::fcntl(fd.get(), F_SETFL, O_NONBLOCK) == 0, "fcntl");
  return fd;
}

os::UniqueFd connect_to(const Endpoint& where) {
  os::UniqueFd fd = socket_for(where);
  require(::connect(fd.get(), address_of(where), where.length) == 0, "connect");
  const int on = 1;
  if (where.address.ss_family != AF_UNIX) {
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  require(::fcntl(fd.get(), F_SETFL, O_NONBLOCK) == 0, "fcntl");
  return fd;
}

}  // namespace postern

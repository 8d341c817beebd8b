#include "common/os/inherited_sockets.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "common/base/escape.h"
#include "common/os/system_error.h"

namespace postern::os {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
constexpr int kMost = 64;  // listeners; a daemon has two or three

// What the variable says, which is then gone.
std::string taken_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::optional<long> number(std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// `a:b::c`, one for each socket.
std::vector<std::string> names_of(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(':'), text.size());
    names.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

bool option_is(int fd, int option, int wanted) {
  int value = 0;
  socklen_t length = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 && value == wanted;
}

std::string unix_path(const sockaddr_un& name, socklen_t length) {
  const std::size_t most = length - std::min<std::size_t>(length, offsetof(sockaddr_un, sun_path));
  const std::string_view bytes(name.sun_path, most);
  return std::string(bytes.substr(0, bytes.find('\0')));
}

// Where it listens; nothing when that is neither IP nor a path.
std::optional<ListenAddress> address_of(int fd) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return std::nullopt;
  ListenAddress address;
  if (name.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(name);
    address.address = IpAddress::from_v4(ntohl(v4.sin_addr.s_addr));
    address.port = ntohs(v4.sin_port);
  } else if (name.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(name);
    IpAddress::Bytes bytes{};
    std::copy_n(v6.sin6_addr.s6_addr, bytes.size(), bytes.begin());
    address.address = IpAddress(bytes);
    address.port = ntohs(v6.sin6_port);
  } else if (name.ss_family == AF_UNIX) {
    address.kind = ListenAddress::Kind::unix_socket;
    address.path = unix_path(reinterpret_cast<const sockaddr_un&>(name), length);
    if (address.path.empty()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  return address;
}

std::string described(const std::string& address, const std::string& name) {
  return printable(address) + (name.empty() ? "" : " (" + printable(name) + ")");
}

Result<void> prepare(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return system_failure("use the inherited descriptor " + std::to_string(fd));
  }
  return {};
}

}  // namespace

Result<InheritedSockets> InheritedSockets::from_environment() {
  const std::string pid = taken_variable("LISTEN_PID");
  const std::string count_text = taken_variable("LISTEN_FDS");
  const std::vector<std::string> names = names_of(taken_variable("LISTEN_FDNAMES"));
  InheritedSockets inherited;
  // Of a parent's, which it forgot to remove.
  if (number(pid) != static_cast<long>(::getpid())) return inherited;
  const auto count = number(count_text);
  if (!count || *count < 0 || *count > kMost) {
    return failure("found LISTEN_FDS=" + printable(count_text) + ", want 0 to " +
                   std::to_string(kMost));
  }
  for (int i = 0; i < *count; ++i) {
    const int fd = kFirst + i;
    if (auto prepared = prepare(fd); !prepared) return tl::unexpected(prepared.error());
    UniqueFd owned(fd);
    const auto at = static_cast<std::size_t>(i);
    const std::string name = at < names.size() ? names[at] : "";
    const auto address = address_of(fd);
    if (!address || !option_is(fd, SO_TYPE, SOCK_STREAM) || !option_is(fd, SO_ACCEPTCONN, 1)) {
      return failure("the inherited descriptor " + described(std::to_string(fd), name) +
                     " is no listening stream socket");
    }
    inherited.sockets_.push_back({std::move(owned), address->to_string(), name});
  }
  return inherited;
}

UniqueFd InheritedSockets::take(const ListenAddress& address) {
  const auto found = std::find_if(
      sockets_.begin(), sockets_.end(),
      [wanted = address.to_string()](const Socket& socket) { return socket.address == wanted; });
  if (found == sockets_.end()) return UniqueFd();
  UniqueFd fd = std::move(found->fd);
  sockets_.erase(found);
  return fd;
}

Result<void> InheritedSockets::require_none_left(
    const std::vector<ListenAddress>& asked_for) const {
  if (sockets_.empty()) return {};
  std::string wanted;
  for (const ListenAddress& address : asked_for) {
    wanted += (wanted.empty() ? "" : ", ") + address.to_string();
  }
  return failure("the service manager listens on " +
                 described(sockets_.front().address, sockets_.front().name) +
                 ", but `listen:` says " + wanted +
                 ": make the socket unit and the settings agree");
}

}  // namespace postern::os

#include "ctl/doctor/io/host_check.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <vector>

#include "common/os/account_access.h"
#include "common/os/unique_fd.h"
#include "common/os/unix_connect.h"

namespace postern::doctor {
namespace {

constexpr std::chrono::milliseconds kConnectTime{1000};
bool is_open_to_all(const struct stat& status) {
  return (status.st_mode & S_IWOTH) != 0;
}

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

void bar(SocketStatus& socket, const std::string& what, const struct stat& status) {
  if (socket.state == SocketStatus::State::barred) return;
  socket.state = SocketStatus::State::barred;
  socket.detail = what + " has " + os::describe_access(status);
}

void check_folders(const std::string& path, const os::AccountGroups& onlooker,
                   SocketStatus& socket) {
  socket.for_everybody = true;
  for (const std::string& folder : os::folders_above(path)) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return;
    if (is_open_to_all(status) && socket.open_folder.empty()) socket.open_folder = folder;
    if ((status.st_mode & S_IXOTH) == 0) socket.for_everybody = false;
    if (!os::may(onlooker, status, os::kMayEnter)) bar(socket, folder, status);
  }
}

// Whether somebody accepts; asked by us, who may be root.
void check_listener(const std::string& path, SocketStatus& socket) {
  const auto connected = os::connect_unix(path, kConnectTime);
  if (connected) {
    socket.state = SocketStatus::State::answers;
    return;
  }
  // That we may not connect ourselves says nothing about the MTA.
  const bool ours = connected.error().text.find("want an account") != std::string::npos;
  socket.state = ours ? SocketStatus::State::unknown : SocketStatus::State::nobody;
  if (!ours) socket.detail = connected.error().text;
}

SocketStatus check_unix(const SocketQuestion& question) {
  SocketStatus socket{question.address, question.user, SocketStatus::State::unknown, {}, {}, false};
  const std::string path = question.address.substr(std::string_view("unix:").size());
  const auto onlooker = os::account_with_groups(question.user);
  if (!onlooker) {
    socket.detail = onlooker.error().text;
    return socket;
  }
  check_folders(path, *onlooker, socket);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const int error = errno;
    socket.for_everybody = false;
    if (socket.state == SocketStatus::State::barred) return socket;
    const bool missing = error == ENOENT || error == ENOTDIR;
    socket.state = missing ? SocketStatus::State::missing : SocketStatus::State::unknown;
    socket.detail = reason_of(error);
    return socket;
  }
  if (!S_ISSOCK(status.st_mode)) {
    socket.for_everybody = false;
    socket.state = SocketStatus::State::no_socket;
    return socket;
  }
  socket.for_everybody = socket.for_everybody && is_open_to_all(status);
  if (!os::may(*onlooker, status, os::kMayWrite)) bar(socket, path, status);
  if (socket.state != SocketStatus::State::barred) check_listener(path, socket);
  return socket;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses addresses_of(const std::string& host, const std::string& port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0) return nullptr;
  return Addresses(found);
}

// 0 when somebody accepts, else the system's reason.
int connect_to(const addrinfo& address) {
  const os::UniqueFd fd(
      ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!fd.is_open()) return errno;
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd watched{fd.get(), POLLOUT, 0};
  if (::poll(&watched, 1, static_cast<int>(kConnectTime.count())) <= 0) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

SocketStatus check_tcp(const SocketQuestion& question) {
  SocketStatus socket{question.address, {}, SocketStatus::State::unknown, {}, {}, false};
  const std::string rest = question.address.substr(std::string_view("inet:").size());
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string::npos) return socket;
  std::string host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto addresses = addresses_of(host, rest.substr(colon + 1));
  if (!addresses) {
    socket.detail = "no address of " + host;
    return socket;
  }
  int error = 0;
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    error = connect_to(*one);
    if (error == 0) break;
  }
  socket.state = error == 0 ? SocketStatus::State::answers : SocketStatus::State::nobody;
  if (error != 0) socket.detail = reason_of(error);
  return socket;
}

}  // namespace

SocketStatus check_socket(const SocketQuestion& question) {
  return question.address.starts_with("unix:") ? check_unix(question) : check_tcp(question);
}

}  // namespace postern::doctor

#include "ctl/doctor/io/socket_sight.h"

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

void bar(SocketSight& sight, const std::string& what, const struct stat& status) {
  if (sight.state == SocketSight::State::barred) return;
  sight.state = SocketSight::State::barred;
  sight.detail = what + " has " + os::describe_access(status);
}

void look_at_folders(const std::string& path, const os::AccountGroups& onlooker,
                     SocketSight& sight) {
  sight.for_everybody = true;
  for (const std::string& folder : os::folders_above(path)) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) return;
    if (is_open_to_all(status) && sight.open_folder.empty()) sight.open_folder = folder;
    if ((status.st_mode & S_IXOTH) == 0) sight.for_everybody = false;
    if (!os::may(onlooker, status, os::kMayEnter)) bar(sight, folder, status);
  }
}

// Whether somebody accepts; asked by us, who may be root.
void listen_at_unix(const std::string& path, SocketSight& sight) {
  const auto connected = os::connect_unix(path, kConnectTime);
  if (connected) {
    sight.state = SocketSight::State::answers;
    return;
  }
  // That we may not connect ourselves says nothing about the MTA.
  const bool ours = connected.error().text.find("want an account") != std::string::npos;
  sight.state = ours ? SocketSight::State::unknown : SocketSight::State::nobody;
  if (!ours) sight.detail = connected.error().text;
}

SocketSight look_at_unix(const SocketQuestion& question) {
  SocketSight sight{question.address, question.user, SocketSight::State::unknown, {}, {}, false};
  const std::string path = question.address.substr(std::string_view("unix:").size());
  const auto onlooker = os::account_with_groups(question.user);
  if (!onlooker) {
    sight.detail = onlooker.error().text;
    return sight;
  }
  look_at_folders(path, *onlooker, sight);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const int error = errno;
    sight.for_everybody = false;
    if (sight.state == SocketSight::State::barred) return sight;
    const bool missing = error == ENOENT || error == ENOTDIR;
    sight.state = missing ? SocketSight::State::missing : SocketSight::State::unknown;
    sight.detail = reason_of(error);
    return sight;
  }
  if (!S_ISSOCK(status.st_mode)) {
    sight.for_everybody = false;
    sight.state = SocketSight::State::no_socket;
    return sight;
  }
  sight.for_everybody = sight.for_everybody && is_open_to_all(status);
  if (!os::may(*onlooker, status, os::kMayWrite)) bar(sight, path, status);
  if (sight.state != SocketSight::State::barred) listen_at_unix(path, sight);
  return sight;
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

SocketSight look_at_tcp(const SocketQuestion& question) {
  SocketSight sight{question.address, {}, SocketSight::State::unknown, {}, {}, false};
  const std::string rest = question.address.substr(std::string_view("inet:").size());
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string::npos) return sight;
  std::string host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto addresses = addresses_of(host, rest.substr(colon + 1));
  if (!addresses) {
    sight.detail = "no address of " + host;
    return sight;
  }
  int error = 0;
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    error = connect_to(*one);
    if (error == 0) break;
  }
  sight.state = error == 0 ? SocketSight::State::answers : SocketSight::State::nobody;
  if (error != 0) sight.detail = reason_of(error);
  return sight;
}

}  // namespace

SocketSight look_at_socket(const SocketQuestion& question) {
  return question.address.starts_with("unix:") ? look_at_unix(question) : look_at_tcp(question);
}

}  // namespace postern::doctor

#include "common/os/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "common/os/accounts.h"

namespace postern::os {
namespace {

constexpr int kSocketFlags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

constexpr mode_t kPermissions = 0777;

// Binding makes the file of a unix socket, with all permissions but those of the umask.
class UmaskFor {
 public:
  explicit UmaskFor(mode_t mode) : before_(::umask(~mode & kPermissions)) {}
  UmaskFor(const UmaskFor&) = delete;
  UmaskFor& operator=(const UmaskFor&) = delete;
  ~UmaskFor() { ::umask(before_); }

 private:
  mode_t before_;
};

SystemResult<void> bind_to(int fd, const void* address, socklen_t length) {
  if (::bind(fd, static_cast<const sockaddr*>(address), length) != 0) return system_failure("bind");
  return {};
}

SystemResult<void> bind_v4(int fd, const IpAddress& address, std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(address.v4());
  return bind_to(fd, &name, sizeof name);
}

SystemResult<void> bind_v6(int fd, const IpAddress& address, std::uint16_t port) {
  // Otherwise `::` would take IPv4 too on some systems and not on others.
  const int on = 1;
  ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_port = htons(port);
  std::copy(address.bytes().begin(), address.bytes().end(), name.sin6_addr.s6_addr);
  return bind_to(fd, &name, sizeof name);
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return 0;
  if (name.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in&>(name).sin_port);
  return ntohs(reinterpret_cast<sockaddr_in6&>(name).sin6_port);
}

SystemResult<sockaddr_un> unix_name(const std::string& path) {
  sockaddr_un name{};
  if (path.empty()) return lasting_failure("found no path");
  if (path.size() >= sizeof name.sun_path) {
    return lasting_failure("found a path of " + std::to_string(path.size()) +
                           " bytes, want at most " + std::to_string(sizeof name.sun_path - 1));
  }
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  return name;
}

// Removes what an earlier daemon left behind, and only that.
SystemResult<void> remove_stale_socket(const std::string& path, const sockaddr_un& name) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return system_failure("look at it");
  }
  if (!S_ISSOCK(status.st_mode))
    return lasting_failure("found something there that is not a socket");
  const UniqueFd probe(::socket(AF_UNIX, kSocketFlags, 0));
  if (!probe.is_open()) return system_failure("make a socket");
  const auto* address = reinterpret_cast<const sockaddr*>(&name);
  if (::connect(probe.get(), address, sizeof name) == 0 || errno == EAGAIN) {
    return lasting_failure("another process listens on it");
  }
  if (errno != ECONNREFUSED) return system_failure("see whether it is in use");
  if (::unlink(path.c_str()) != 0) return system_failure("remove the socket of an earlier run");
  return {};
}

}  // namespace

SystemResult<Listener> Listener::open(const ListenAddress& address) {
  Listener listener(address);
  const bool is_unix = address.kind == ListenAddress::Kind::unix_socket;
  const auto bound = is_unix ? listener.bind_unix() : listener.bind_tcp();
  if (!bound) {
    return failure_of("cannot listen on " + address.to_string() + ": " + bound.error().text,
                      bound.error());
  }
  if (::listen(listener.fd(), SOMAXCONN) != 0)
    return system_failure("listen on " + address.to_string());
  return listener;
}

Listener Listener::adopt(const ListenAddress& address, UniqueFd fd) {
  Listener listener(address);
  listener.fd_ = std::move(fd);
  listener.adopted_ = true;
  return listener;
}

SystemResult<void> Listener::bind_tcp() {
  const bool v4 = address_.address.is_v4();
  fd_.reset(::socket(v4 ? AF_INET : AF_INET6, kSocketFlags, IPPROTO_TCP));
  if (!fd_.is_open()) return system_failure("make a socket");
  const int on = 1;
  ::setsockopt(fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto bound = v4 ? bind_v4(fd(), address_.address, address_.port)
                  : bind_v6(fd(), address_.address, address_.port);
  if (bound) address_.port = bound_port(fd());
  return bound;
}

SystemResult<void> Listener::bind_unix() {
  const auto name = unix_name(address_.path);
  if (!name) return tl::unexpected(name.error());
  if (auto removed = remove_stale_socket(address_.path, *name); !removed) return removed;
  fd_.reset(::socket(AF_UNIX, kSocketFlags, 0));
  if (!fd_.is_open()) return system_failure("make a socket");
  {
    const UmaskFor umask(static_cast<mode_t>(address_.mode));
    if (auto bound = bind_to(fd(), &*name, sizeof *name); !bound) return bound;
  }
  return dress_unix();
}

// The folder may be another account's, which can put a link or a file of somebody else there: what
// is changed is what was looked at, never what the path leads to by then.
SystemResult<void> Listener::dress_unix() {
  const UniqueFd file(::open(address_.path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return system_failure("look at it");
  if (!S_ISSOCK(status.st_mode) || status.st_nlink != 1 || status.st_uid != ::geteuid()) {
    return lasting_failure("found something else there than the socket just made");
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  if (auto given = give_away(file.get()); !given) return given;
  return set_mode(file.get());
}

SystemResult<void> Listener::give_away(int file) const {
  // Not even asked for: a service manager may forbid it.
  if (address_.owner.empty() && address_.group.empty()) return {};
  auto uid = static_cast<uid_t>(-1);  // left as it is
  auto gid = static_cast<gid_t>(-1);
  if (!address_.owner.empty()) {
    const auto owner = find_user(address_.owner);
    if (!owner) return lasting_failure(owner.error().text);
    uid = owner->uid;
  }
  if (!address_.group.empty()) {
    const auto group = find_group(address_.group);
    if (!group) return lasting_failure(group.error().text);
    gid = *group;
  }
  if (::fchownat(file, "", uid, gid, AT_EMPTY_PATH) != 0) {
    return system_failure("give it to its owner and group");
  }
  return {};
}

// The umask has seen to it, unless the folder has a default ACL (acl(5)).
SystemResult<void> Listener::set_mode(int file) const {
  const auto mode = static_cast<mode_t>(address_.mode);
  struct stat status {};
  if (::fstat(file, &status) != 0) return system_failure("look at it");
  if ((status.st_mode & kPermissions) == mode) return {};
  // fchmod(2) takes no O_PATH descriptor; this is the way open(2) names.
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (::chmod(path.c_str(), mode) != 0) return system_failure("set its mode");
  return {};
}

Result<UniqueFd> Listener::connect() const {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  auto* address = reinterpret_cast<sockaddr*>(&name);
  if (::getsockname(fd(), address, &length) != 0) return system_failure("see where it listens");
  UniqueFd connection(::socket(name.ss_family, kSocketFlags, 0));
  if (!connection.is_open()) return system_failure("make a socket");
  if (::connect(connection.get(), address, length) != 0 && errno != EINPROGRESS) {
    return system_failure("connect to " + address_.to_string());
  }
  return connection;
}

Listener::~Listener() {
  if (!fd_.is_open() || inode_ == 0) return;
  struct stat status {};
  if (::lstat(address_.path.c_str(), &status) != 0) return;
  if (status.st_dev == device_ && status.st_ino == inode_) ::unlink(address_.path.c_str());
}

}  // namespace postern::os

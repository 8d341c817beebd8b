#include "common/os/unix_connect.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "common/base/escape.h"
#include "common/os/system_error.h"

namespace postern::os {
namespace {

using Names = std::array<char, 4096>;

std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  Names names{};
  ::getpwuid_r(uid, &entry, names.data(), names.size(), &found);
  return found == nullptr ? std::to_string(uid) : found->pw_name;
}

std::string group_name(gid_t gid) {
  group entry{};
  group* found = nullptr;
  Names names{};
  ::getgrgid_r(gid, &entry, names.data(), names.size(), &found);
  return found == nullptr ? std::to_string(gid) : found->gr_name;
}

// `owner postern, group adm, mode 0660`
std::string permissions_of(const struct stat& status) {
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(status.st_mode & 0777U));
  return "owner " + user_name(status.st_uid) + ", group " + group_name(status.st_gid) + ", mode " +
         mode.data();
}

// Connecting needs write permission for the socket and search permission for each folder above.
std::string who_may(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    return "the socket has " + permissions_of(status) + ", want an account that may write to it";
  }
  const std::string folder = path.substr(0, path.rfind('/'));
  if (::stat(folder.c_str(), &status) == 0) {
    return "its folder has " + permissions_of(status) + ", want an account that may enter it";
  }
  return "a folder above it may not be entered, want an account that may";
}

Error explain(const std::string& path, int error_number) {
  const std::string start = "cannot connect to " + printable(path) + ": ";
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return {start +
              "there is no such socket: the daemon does not run, or its settings name "
              "another place or none"};
    case ECONNREFUSED:
      return {start + "nobody listens on it: the daemon does not run"};
    case EACCES:
    case EPERM:
      return {start + "no permission: " + who_may(path)};
    case EAGAIN:
    case EINTR:
      return {start + "it took no connection in time: the daemon is busy or hangs"};
    case EPROTOTYPE:
      return {start + "it is not a stream socket"};
    default:
      return {start + std::generic_category().message(error_number)};
  }
}

// Where the queue of connections is full, connect(2) waits for as long as sending may take.
void set_patience(int fd, std::chrono::milliseconds timeout) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  timeval patience{};
  patience.tv_sec = whole.count();
  patience.tv_usec = std::chrono::microseconds(timeout - whole).count();
  if (patience.tv_sec == 0 && patience.tv_usec == 0) patience.tv_usec = 1;  // 0 means forever
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

}  // namespace

Result<UniqueFd> connect_unix(const std::string& path, std::chrono::milliseconds timeout) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof name.sun_path) {
    return failure("found a socket path of " + std::to_string(path.size()) + " bytes, want 1 to " +
                   std::to_string(sizeof name.sun_path - 1));
  }
  std::memcpy(name.sun_path, path.data(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return system_failure("make a socket");
  set_patience(fd.get(), timeout);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    return tl::unexpected<Error>(explain(path, errno));
  }
  if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) return system_failure("prepare a socket");
  return fd;
}

}  // namespace postern::os

#include "common/os/systemd.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "common/base/escape.h"
#include "common/base/whole_number.h"
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

// A whole number above zero; 0 for anything else.
std::int64_t positive_variable(const char* name) {
  const char* value = std::getenv(name);
  const auto number = parse_whole<std::int64_t>(value == nullptr ? "" : value);
  return std::max<std::int64_t>(number.value_or(0), 0);
}

}  // namespace

SystemdNotify::SystemdNotify(std::string socket) : socket_(std::move(socket)) {
  if (socket_.empty()) return;
  fd_ = std::make_shared<const UniqueFd>(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

SystemdNotify SystemdNotify::from_environment() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  return SystemdNotify(socket == nullptr ? "" : socket);
}

void SystemdNotify::ready() const {
  send("READY=1");
}

void SystemdNotify::stopping() const {
  send("STOPPING=1");
}

void SystemdNotify::alive() const {
  // It is said on a loop that serves mail.
  send("WATCHDOG=1", Wait::no);
}

void SystemdNotify::reloading() const {
  // Type=notify-reload wants the time, on the clock that steady_clock is (CLOCK_MONOTONIC).
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void SystemdNotify::send(std::string_view message, Wait wait) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const std::size_t terminator = socket_.front() == '@' ? 0 : 1;
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size() + terminator);
  if (!fd_->is_open()) return;
  const int flags = MSG_NOSIGNAL | (wait == Wait::no ? MSG_DONTWAIT : 0);
  ::sendto(fd_->get(), message.data(), message.size(), flags,
           reinterpret_cast<const sockaddr*>(&address), length);
}

std::optional<std::chrono::microseconds> watchdog_interval() {
  const std::int64_t interval = positive_variable("WATCHDOG_USEC");
  // Without it every process of the unit is meant.
  const bool ours = std::getenv("WATCHDOG_PID") == nullptr ||
                    positive_variable("WATCHDOG_PID") == static_cast<std::int64_t>(::getpid());
  if (interval == 0 || !ours) return std::nullopt;
  return std::chrono::microseconds(interval);
}

Watchdog::Watchdog(std::vector<boost::asio::any_io_executor> loops, SystemdNotify notify,
                   std::chrono::microseconds interval)
    : loops_(std::move(loops)),
      notify_(std::move(notify)),
      pause_(interval / 2),
      timer_(loops_.front()) {}

void Watchdog::start() {
  pass_on(0);
}

void Watchdog::pass_on(std::size_t next) {
  if (next < loops_.size()) {
    boost::asio::post(loops_[next], [this, next] { pass_on(next + 1); });
    return;
  }
  notify_.alive();
  boost::asio::post(loops_.front(), [this] { wait(); });
}

void Watchdog::wait() {
  timer_.expires_after(pause_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) pass_on(0);
  });
}

Result<InheritedSockets> InheritedSockets::from_environment() {
  const std::string pid = taken_variable("LISTEN_PID");
  const std::string count_text = taken_variable("LISTEN_FDS");
  const std::vector<std::string> names = names_of(taken_variable("LISTEN_FDNAMES"));
  InheritedSockets inherited;
  // Of a parent's, which it forgot to remove.
  if (parse_whole<long>(pid) != static_cast<long>(::getpid())) return inherited;
  const auto count = parse_whole<long>(count_text);
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

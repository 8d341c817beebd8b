#include "common/os/systemd_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace postern::os {
namespace {

// A whole number above zero; 0 for anything else.
std::int64_t positive_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return 0;
  const std::string_view text(value);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && number > 0 ? number : 0;
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

}  // namespace postern::os

#include "common/io/systemd_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "common/io/unique_fd.h"

namespace postern {
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
  send("WATCHDOG=1");
}

void SystemdNotify::reloading() const {
  // Type=notify-reload wants the time, on the clock that steady_clock is (CLOCK_MONOTONIC).
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void SystemdNotify::send(std::string_view message) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const std::size_t terminator = socket_.front() == '@' ? 0 : 1;
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size() + terminator);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return;
  ::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
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

}  // namespace postern

// Tells the service manager how the daemon is doing (sd_notify(3)): one datagram, no libsystemd.
// Without a service manager every call does nothing. Immutable; any thread. Copies share the
// socket, opened at the start: a daemon without free descriptors can still report that it lives.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/os/unique_fd.h"

namespace postern::os {

class SystemdNotify {
 public:
  // A path, or `@name` for an abstract socket; empty: calls do nothing.
  explicit SystemdNotify(std::string socket);
  // The socket that $NOTIFY_SOCKET names.
  static SystemdNotify from_environment();

  void ready() const;
  void reloading() const;  // ready() ends it
  void stopping() const;
  void alive() const;  // within each watchdog_interval(); never waits

 private:
  // Errors are ignored: there is nothing that the daemon could do about them.
  enum class Wait : bool { no, yes };
  void send(std::string_view message, Wait wait = Wait::yes) const;

  std::string socket_;
  std::shared_ptr<const UniqueFd> fd_;
};

// Within which the service manager expects alive() of this process ($WATCHDOG_USEC, $WATCHDOG_PID);
// nothing: it does not watch this process.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace postern::os

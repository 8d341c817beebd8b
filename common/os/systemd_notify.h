// Tells the service manager how the daemon is doing (sd_notify(3)): one datagram, no libsystemd.
// Without a service manager every call does nothing. Immutable; any thread. Copies share the
// descriptor, which is there from the start: who has none left still lives.
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
  // A path, or `@name` for an abstract socket; empty: nobody is told.
  explicit SystemdNotify(std::string socket);
  // The socket that $NOTIFY_SOCKET names.
  static SystemdNotify from_environment();

  void ready() const;
  void reloading() const;  // ready() ends it
  void stopping() const;
  void alive() const;  // within each watchdog_interval(); never waits

 private:
  // Nobody to tell and nothing to do about it: errors are ignored.
  enum class Wait : bool { no, yes };
  void send(std::string_view message, Wait wait = Wait::yes) const;

  std::string socket_;
  std::shared_ptr<const UniqueFd> fd_;
};

// Within which the service manager wants to hear of this process ($WATCHDOG_USEC, $WATCHDOG_PID);
// nothing: it does not wait for that.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace postern::os

// What a service manager (systemd) and the daemon tell each other, without libsystemd: how the
// daemon is doing (sd_notify(3)), that its event loops run (the watchdog), and the listening
// sockets that it is given (sd_listen_fds(3)). Without a service manager nothing happens.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/listen_address.h"
#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace postern::os {

// Tells the service manager how the daemon is doing, by one datagram each. Immutable; any thread.
// Copies share the socket, opened at the start: a daemon without free descriptors can still report
// that it lives.
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

// Tells the service manager that the daemon lives, for as long as its event loops do.
//
// Every half interval a turn goes through all loops, one after the other; when it has come through,
// the manager hears of it (WATCHDOG=1). A loop that is stuck keeps it, and the manager ends the
// process and starts a new one. Works on the loops: destroyed when they do not run any more, and
// while they are still there.
class Watchdog {
 public:
  // Each executor is one thread's; at least one.
  Watchdog(std::vector<boost::asio::any_io_executor> loops, SystemdNotify notify,
           std::chrono::microseconds interval);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void start();  // from any thread, once

 private:
  void pass_on(std::size_t next);
  void wait();

  std::vector<boost::asio::any_io_executor> loops_;
  SystemdNotify notify_;
  std::chrono::microseconds pause_;
  boost::asio::steady_timer timer_;  // on the first loop
};

// The listening sockets that a service manager has opened for this process: they take connections
// while no daemon is there, and keep them for the next one. Owns what has not been taken.
// Move-only; for the main thread, before there are others.
class InheritedSockets {
 public:
  // Those that $LISTEN_FDS counts, from descriptor 3 on, if $LISTEN_PID is this process; none
  // without these variables, which are removed, so that no child takes them for its own.
  // Errors: variables that say nothing sensible, a descriptor that is no listening stream socket.
  static Result<InheritedSockets> from_environment();

  // The socket that listens there, non-blocking from now on; not open when there is none.
  [[nodiscard]] UniqueFd take(const ListenAddress& address);
  // Error: there is one left that nobody has asked for, named beside all of `asked_for`.
  [[nodiscard]] Result<void> require_none_left(const std::vector<ListenAddress>& asked_for) const;

 private:
  struct Socket {
    UniqueFd fd;
    std::string address;  // as ListenAddress::to_string() has it
    std::string name;     // of $LISTEN_FDNAMES, may be empty
  };

  std::vector<Socket> sockets_;
};

}  // namespace postern::os

// Tells the service manager that the daemon lives, for as long as its event loops do.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <vector>

#include "common/os/systemd_notify.h"

namespace postern::os {

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

}  // namespace postern::os

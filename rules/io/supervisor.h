// The main thread while a server serves: signals, and the reloads they ask for.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <exception>

#include "common/io/log.h"
#include "common/io/systemd_notify.h"
#include "common/settings.h"
#include "rules/door.h"
#include "rules/io/door_server.h"
#include "rules/io/snapshot_store.h"

namespace postern {

// SIGTERM, SIGINT: the server stops; at a second one at once. SIGHUP, SIGUSR1: rules and log anew.
// All of them are the main thread's: no library of a server's waits for one (milter/sigwait.cpp).
class Supervisor {
 public:
  // Takes the signals. All references outlive it.
  Supervisor(const Settings& settings, Door door, SnapshotStore& snapshots, DaemonLog& log,
             DoorServer& server);

  enum class End { told, by_itself };
  // Starts the server, and returns when it has ended.
  End run();

 private:
  void tell_ended();
  void wait();
  void reload();
  void tell_refused(const std::exception& error);
  bool stop();

  const Settings& settings_;
  const Audience audience_;
  SnapshotStore& snapshots_;
  DaemonLog& log_;
  DoorServer& server_;
  SystemdNotify notify_;
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  bool stopping_ = false;
  bool server_ended_ = false;
};

}  // namespace postern

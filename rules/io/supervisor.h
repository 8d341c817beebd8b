// The main thread while a server serves: signals, files that change, what posternctl asks, and the
// reloads that all of them bring about.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "common/io/file_watch.h"
#include "common/io/http_server.h"
#include "common/io/listener.h"
#include "common/io/log.h"
#include "common/io/systemd_notify.h"
#include "common/io/watchdog.h"
#include "common/utc_date.h"
#include "rules/io/control.h"
#include "rules/io/door_server.h"
#include "rules/io/hits.h"
#include "rules/io/live_settings.h"
#include "rules/io/reloader.h"
#include "rules/io/snapshot_store.h"

namespace postern {

// SIGTERM, SIGINT: the server stops; at a second one at once. SIGHUP, SIGUSR1: settings, rules and
// log anew. All of them are the main thread's: no library of a server's waits for one
// (milter/sigwait.cpp).
class Supervisor {
 public:
  // The references outlive it.
  struct Parts {
    std::string daemon;  // `postern-policyd`
    std::string version;
    UtcTime started;
    std::string settings_file;
    const LiveSettings& settings;
    SnapshotStore& snapshots;
    Hits& hits;
    DaemonLog& log;
    DoorServer& server;
    Reloader& reloader;
    std::optional<Listener> control;  // where posternctl connects, if it can
    std::optional<Listener> metrics;  // where Prometheus does, beside it
    Traces* traces = nullptr;
  };
  // Takes the signals.
  explicit Supervisor(Parts parts);

  enum class End { told, by_itself };
  // Starts the server, and returns when it has ended.
  End run();

 private:
  void start_watchdog();
  void end_serving();
  void tell_ended();
  void wait();
  void reload(ReloadTrigger trigger);
  void after_reload(ReloadTrigger trigger);
  void plan_retry(ReloadTrigger trigger);
  void plan_trim();
  void reopen_log();
  void watch_files();
  void tell_refused(const std::exception& error);
  bool stop();
  void end_looking();

  DaemonLog& log_;
  DoorServer& server_;
  Reloader& reloader_;
  SystemdNotify notify_;
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer trim_timer_;
  FileWatch watch_;
  boost::asio::steady_timer retry_timer_;
  std::chrono::seconds retry_pause_{0};  // before the last retry that was planned
  Control control_;
  std::unique_ptr<HttpServer> control_server_;
  std::unique_ptr<HttpServer> metrics_server_;
  std::unique_ptr<Watchdog> watchdog_;  // on the server's loops
  bool log_waits_ = false;              // its file could not be opened anew
  bool stopping_ = false;
  bool server_ended_ = false;
};

}  // namespace postern

// Runs the main thread while a server serves: signals, changed files, requests of posternctl, and
// the reloads that these cause.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>

#include "common/http/http_server.h"
#include "common/os/file_watch.h"
#include "common/os/listener.h"
#include "common/os/log.h"
#include "common/os/systemd.h"
#include "server/config/reloader.h"
#include "server/control/control.h"
#include "server/service/door_server.h"
#include "server/spf/spf_lists.h"

namespace postern::daemon {

// SIGTERM, SIGINT: the server stops; at a second one at once. SIGHUP, SIGUSR1: settings, rules and
// log anew. All of them are the main thread's: no library of a server's waits for one
// (milter/libmilter_overrides.cpp).
class Supervisor {
 public:
  // The references outlive it.
  struct Parts {
    service::DaemonState& state;
    service::DoorServer& server;
    config::Reloader& reloader;
    std::optional<os::Listener> control;  // where posternctl connects, if it can
    std::optional<os::Listener> metrics;  // where Prometheus does, beside it
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
  void reload(config::ReloadTrigger trigger);
  void after_reload(config::ReloadTrigger trigger);
  void plan_retry(config::ReloadTrigger trigger);
  void plan_trim();
  void look_at_spf_lists(config::ReloadTrigger trigger);
  void reopen_log();
  void watch_files();
  void tell_refused(const std::exception& error);
  bool stop();
  void end_looking();

  os::DaemonLog& log_;
  service::DoorServer& server_;
  config::Reloader& reloader_;
  os::SystemdNotify notify_;
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer trim_timer_;
  os::FileWatch watch_;
  boost::asio::steady_timer retry_timer_;
  std::chrono::seconds retry_pause_{0};  // before the last retry that was planned
  spf::SpfLists spf_lists_;
  control::Control control_;
  std::unique_ptr<http::HttpServer> control_server_;
  std::unique_ptr<http::HttpServer> metrics_server_;
  std::unique_ptr<os::Watchdog> watchdog_;  // on the server's loops
  bool log_waits_ = false;                  // its file could not be opened anew
  bool stopping_ = false;
  bool server_ended_ = false;
};

}  // namespace postern::daemon

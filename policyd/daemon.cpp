#include "policyd/daemon.h"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/io/listener.h"
#include "common/io/log.h"
#include "common/io/process.h"
#include "common/io/systemd_notify.h"
#include "policyd/server.h"
#include "rules/io/configuration.h"
#include "rules/io/rule_reload.h"

namespace postern {
namespace {

struct Configuration {
  Settings settings;
  std::shared_ptr<const Snapshot> snapshot;
};

// Whatever is wrong goes to stderr; the log is not open yet.
std::optional<Configuration> read_configuration(const std::string& settings_file) {
  Diagnostics diagnostics;
  Configuration configuration;
  auto settings = read_settings(settings_file, diagnostics);
  if (settings) {
    configuration.settings = std::move(*settings);
    configuration.snapshot = read_rules(configuration.settings.rules_file, 1, diagnostics);
  }
  std::cerr << diagnostics.to_string();
  if (!configuration.snapshot) return std::nullopt;
  return configuration;
}

// As who the daemon has become: rules that only root may read could be served, but never reloaded.
// What was read as root told the faults before any socket was taken.
std::shared_ptr<const Snapshot> read_rules_again(const Settings& settings) {
  Diagnostics diagnostics;
  auto snapshot = read_rules(settings.rules_file, 1, diagnostics);
  if (snapshot) return snapshot;
  std::cerr << diagnostics.to_string() << "postern-policyd: the user '" << settings.user
            << "' has to be able to read the rules and their lists\n";
  return nullptr;
}

std::string summary(const Snapshot& snapshot) {
  return std::to_string(snapshot.rules().size()) + " rules, " +
         std::to_string(snapshot.lists().size()) + " lists";
}

ExitCode cannot_start(const Error& error) {
  std::cerr << "postern-policyd: " << error.text << '\n';
  return ExitCode::start;
}

Result<std::vector<Listener>> open_listeners(const std::vector<ListenAddress>& addresses) {
  std::vector<Listener> listeners;
  for (const ListenAddress& address : addresses) {
    auto listener = Listener::open(address);
    if (!listener) return tl::unexpected(listener.error());
    listeners.push_back(std::move(*listener));
  }
  return listeners;
}

// Beside connections: listeners, DNS, log.
constexpr std::size_t kOtherDescriptors = 100;

void check_descriptor_limit(const PolicydSettings& settings, DaemonLog& log) {
  const std::size_t limit = raise_descriptor_limit();
  if (limit >= settings.max_connections + kOtherDescriptors) return;
  log.warning("max_connections is " + std::to_string(settings.max_connections) +
              ", but the system allows only " + std::to_string(limit) +
              " file descriptors (LimitNOFILE= in the unit)");
}

// The main thread while the server serves: signals, and the reloads they ask for.
class Supervisor {
 public:
  Supervisor(const Settings& settings, SnapshotStore& snapshots, DaemonLog& log,
             PolicyServer& server)
      : settings_(settings),
        snapshots_(snapshots),
        log_(log),
        server_(server),
        notify_(SystemdNotify::from_environment()),
        signals_(context_, SIGTERM, SIGINT, SIGHUP) {}

  void run() {
    wait();
    server_.start([this] { boost::asio::post(context_, [this] { signals_.cancel(); }); });
    notify_.ready();
    context_.run();
    server_.stop_now();  // after it no thread of the server calls back
  }

 private:
  void wait() {
    signals_.async_wait([this](boost::system::error_code error, int signal) {
      if (error) return;
      if (signal == SIGHUP) {
        reload();
      } else if (!stop()) {
        return;
      }
      wait();
    });
  }

  void reload() {
    notify_.reloading();
    try {
      if (auto reopened = log_.reopen(); !reopened) log_.error(reopened.error().text);
      reload_rules(settings_.rules_file, snapshots_, log_);
    } catch (const std::exception& error) {
      tell_refused(error);
    }
    notify_.ready();
  }

  // Rules that take more memory than there is are no reason to end; nor is what they left too short
  // to say so.
  void tell_refused(const std::exception& error) {
    try {
      log_.error(std::string("reload refused: ") + error.what() + ", the old rules stay");
    } catch (const std::exception&) {
    }
  }

  // False: nothing more to wait for.
  bool stop() {
    if (std::exchange(stopping_, true)) {
      log_.warning("told to stop again: ending at once");
      return false;
    }
    log_.info("stopping: finishing the requests in flight");
    notify_.stopping();
    server_.stop();
    return true;
  }

  const Settings& settings_;
  SnapshotStore& snapshots_;
  DaemonLog& log_;
  PolicyServer& server_;
  SystemdNotify notify_;
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  bool stopping_ = false;
};

}  // namespace

ExitCode check_configuration(const std::string& settings_file) {
  const auto configuration = read_configuration(settings_file);
  if (!configuration) return ExitCode::configuration;
  std::cout << "ok: " << summary(*configuration->snapshot) << '\n';
  return ExitCode::ok;
}

ExitCode run_daemon(const std::string& settings_file, const std::string& version) {
  auto configuration = read_configuration(settings_file);
  if (!configuration) return ExitCode::configuration;
  const Settings& settings = configuration->settings;
  const bool as_root = ::geteuid() == 0;
  auto listeners = open_listeners(settings.policyd.listen);
  if (!listeners) return cannot_start(listeners.error());
  if (const auto dropped = drop_privileges(settings.user, settings.group); !dropped) {
    return cannot_start(dropped.error());
  }
  if (as_root) {
    configuration->snapshot.reset();
    configuration->snapshot = read_rules_again(settings);
    if (!configuration->snapshot) return ExitCode::configuration;
  }
  auto log = DaemonLog::open(settings.log);
  if (!log) return cannot_start(log.error());
  std::signal(SIGPIPE, SIG_IGN);  // a reader of the log may go away

  DaemonLog& the_log = **log;
  the_log.info("postern-policyd " + version + " started: " + summary(*configuration->snapshot) +
               ", generation 1");
  check_descriptor_limit(settings.policyd, the_log);
  for (const Listener& listener : *listeners) {
    the_log.info("listening on " + listener.address().to_string());
  }
  SnapshotStore snapshots(configuration->snapshot);
  {
    PolicyServer server(settings, snapshots, the_log, std::move(*listeners));
    Supervisor(settings, snapshots, the_log, server).run();
  }
  the_log.info("stopped");
  return ExitCode::ok;
}

}  // namespace postern

#include "rules/io/daemon.h"

#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/io/process.h"
#include "rules/io/configuration.h"
#include "rules/io/supervisor.h"

namespace postern {
namespace {

struct Configuration {
  Settings settings;
  std::shared_ptr<const Snapshot> snapshot;
};

std::shared_ptr<const Snapshot> first_rules(const Daemon& daemon, const Settings& settings,
                                            Diagnostics& diagnostics) {
  return read_rules(settings.rules_file, 1, {daemon.door, doors_of(settings)}, diagnostics);
}

// Whatever is wrong goes to stderr; the log is not open yet.
std::optional<Configuration> read_configuration(const Daemon& daemon, const std::string& file) {
  Diagnostics diagnostics;
  Configuration configuration;
  auto settings = read_settings(file, daemon.door, diagnostics);
  if (settings) {
    configuration.settings = std::move(*settings);
    configuration.snapshot = first_rules(daemon, configuration.settings, diagnostics);
  }
  std::cerr << diagnostics.to_string();
  if (!configuration.snapshot) return std::nullopt;
  return configuration;
}

// As who the daemon has become: rules that only root may read could be served, but never reloaded.
// What was read as root told the faults before any socket was taken.
std::shared_ptr<const Snapshot> read_rules_again(const Daemon& daemon, const Settings& settings) {
  Diagnostics diagnostics;
  auto snapshot = first_rules(daemon, settings, diagnostics);
  if (snapshot) return snapshot;
  std::cerr << diagnostics.to_string() << daemon.name << ": the user '" << settings.user
            << "' has to be able to read the rules and their lists\n";
  return nullptr;
}

std::string summary(const Snapshot& snapshot) {
  return std::to_string(snapshot.rules().size()) + " rules, " +
         std::to_string(snapshot.lists().size()) + " lists";
}

ExitCode cannot_start(const Daemon& daemon, const Error& error) {
  std::cerr << daemon.name << ": " << error.text << '\n';
  return ExitCode::start;
}

std::vector<ListenAddress> addresses_of(Door door, const Settings& settings) {
  if (door == Door::policy) return settings.policyd.listen;
  return {settings.milter.listen.value()};
}

std::size_t max_connections_of(Door door, const Settings& settings) {
  return door == Door::policy ? settings.policyd.max_connections : settings.milter.max_connections;
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

// For less than was asked for there is a reason, which the log is told once it is open.
struct OwnConnections {
  std::vector<UniqueFd> made;
  std::optional<Error> failed;
};

OwnConnections connect_to_self(const Listener& listener, std::size_t wanted) {
  OwnConnections own;
  while (own.made.size() < wanted) {
    auto connection = listener.connect();
    if (!connection) {
      own.failed = connection.error();
      break;
    }
    own.made.push_back(std::move(*connection));
  }
  return own;
}

// Beside connections: listeners, DNS, log.
constexpr std::size_t kOtherDescriptors = 100;

void check_descriptor_limit(std::size_t max_connections, DaemonLog& log) {
  const std::size_t limit = raise_descriptor_limit();
  if (limit >= max_connections + kOtherDescriptors) return;
  log.warning("max_connections is " + std::to_string(max_connections) +
              ", but the system allows only " + std::to_string(limit) +
              " file descriptors (LimitNOFILE= in the unit)");
}

void tell_sockets(const std::vector<Listener>& listeners, const OwnConnections& own,
                  DaemonLog& log) {
  for (const Listener& listener : listeners) {
    log.info("listening on " + listener.address().to_string());
  }
  if (own.failed) log.warning(own.failed->text + ": of a burst some will wait for others");
}

ExitCode tell_end(Supervisor::End end, DaemonLog& log) {
  if (end == Supervisor::End::told) {
    log.info("stopped");
    return ExitCode::ok;
  }
  log.error("stopped, though nobody said so");
  return ExitCode::failed;
}

ExitCode serve(const Daemon& daemon, ServerParts parts) {
  DaemonLog& log = parts.log;
  const Settings& settings = parts.settings;
  SnapshotStore& snapshots = parts.snapshots;
  auto server = daemon.make_server(std::move(parts));
  Supervisor supervisor(settings, daemon.door, snapshots, log, *server);
  const auto end = supervisor.run();
  if (daemon.ending == Ending::orderly) server.reset();
  const ExitCode code = tell_end(end, log);
  if (daemon.ending == Ending::at_once) {
    log.flush();
    ::_exit(static_cast<int>(code));
  }
  return code;
}

}  // namespace

ExitCode check_configuration(const Daemon& daemon, const std::string& settings_file) {
  const auto configuration = read_configuration(daemon, settings_file);
  if (!configuration) return ExitCode::configuration;
  std::cout << "ok: " << summary(*configuration->snapshot) << '\n';
  return ExitCode::ok;
}

ExitCode run_daemon(const Daemon& daemon, const std::string& settings_file) {
  auto configuration = read_configuration(daemon, settings_file);
  if (!configuration) return ExitCode::configuration;
  const Settings& settings = configuration->settings;
  const bool as_root = ::geteuid() == 0;
  auto listeners = open_listeners(addresses_of(daemon.door, settings));
  if (!listeners) return cannot_start(daemon, listeners.error());
  auto own_connections = connect_to_self(listeners->front(), daemon.own_connections);
  if (const auto dropped = drop_privileges(settings.user, settings.group); !dropped) {
    return cannot_start(daemon, dropped.error());
  }
  if (as_root) {
    configuration->snapshot.reset();
    configuration->snapshot = read_rules_again(daemon, settings);
    if (!configuration->snapshot) return ExitCode::configuration;
  }
  auto log = DaemonLog::open(settings.log);
  if (!log) return cannot_start(daemon, log.error());
  std::signal(SIGPIPE, SIG_IGN);  // a reader of the log may go away

  DaemonLog& the_log = **log;
  the_log.info(daemon.name + " " + daemon.version +
               " started: " + summary(*configuration->snapshot) + ", generation 1");
  check_descriptor_limit(max_connections_of(daemon.door, settings), the_log);
  tell_sockets(*listeners, own_connections, the_log);
  SnapshotStore snapshots(std::move(configuration->snapshot));
  return serve(daemon, {settings, snapshots, the_log, std::move(*listeners),
                        std::move(own_connections.made)});
}

}  // namespace postern

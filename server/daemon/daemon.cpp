#include "server/daemon/daemon.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/os/process.h"
#include "common/os/systemd.h"
#include "server/config/configuration.h"
#include "server/config/first_rules.h"
#include "server/config/hidden_files.h"
#include "server/config/reloader.h"
#include "server/daemon/supervisor.h"
#include "server/replay/replay_guard.h"
#include "server/service/open_store.h"
#include "server/service/shadow.h"

namespace postern::daemon {
namespace {

enum class AsRoot { no, yes };

// A start waits for what cannot be read just now, before it does without or ends.
constexpr std::array<std::chrono::seconds, 3> kStartPauses{
    std::chrono::seconds{1}, std::chrono::seconds{2}, std::chrono::seconds{4}};

// `read` again and again, while its result has a `not_now()`.
template <class Read>
auto read_patiently(const Daemon& daemon, const Read& read) {
  for (const auto pause : kStartPauses) {
    auto result = read();
    const std::optional<Error>& why = result.not_now();
    if (!why) return result;
    std::cerr << daemon.name << ": " << why->text << "; trying again in " << pause.count()
              << " s\n";
    std::this_thread::sleep_for(pause);
  }
  return read();
}

struct FirstSettings {
  config::SettingsRead read;
  Diagnostics diagnostics;
  [[nodiscard]] const std::optional<Error>& not_now() const { return read.not_now; }
};

struct RulesToStart {
  config::FirstRules rules;
  [[nodiscard]] const std::optional<Error>& not_now() const { return rules.report.not_now; }
};

// No settings when they are faulty: whatever is wrong goes to stderr, the log is not open yet.
FirstSettings settings_of(const Daemon& daemon, const std::string& file) {
  auto first = read_patiently(daemon, [&] {
    FirstSettings settings;
    settings.read = config::read_settings_now(file, daemon.door, settings.diagnostics);
    return settings;
  });
  if (!first.read.settings) std::cerr << first.diagnostics.to_string();
  return first;
}

config::FirstRules rules_of_start(const Daemon& daemon, const config::Settings& settings,
                                  const FirstSettings& first) {
  auto rules =
      read_patiently(daemon, [&] {
        return RulesToStart{config::read_first_rules(settings, daemon.door, first.diagnostics)};
      }).rules;
  if (!rules.report.not_now) rules.report.not_now = first.not_now();
  return rules;
}

// What a daemon ends with that has nothing to begin with.
ExitCode nothing_to_start_with(const std::optional<Error>& not_now) {
  return not_now ? ExitCode::not_now : ExitCode::configuration;
}

// As who the daemon has become: rules that only root may read could be served, but never reloaded.
// What was read as root told the faults before any socket was taken.
config::FirstRules read_rules_again(const Daemon& daemon, const config::Settings& settings,
                                    const FirstSettings& first) {
  auto rules = rules_of_start(daemon, settings, first);
  if (rules.snapshot) return rules;
  std::cerr << rules.report.diagnostics.to_string();
  if (rules.report.not_now) return rules;
  std::cerr << daemon.name << ": the user '" << settings.user
            << "' has to be able to read the rules and their lists\n";
  return rules;
}

std::string summary(const Snapshot& snapshot) {
  return std::to_string(snapshot.rules().size()) + " rules, " +
         std::to_string(snapshot.lists().size()) + " lists";
}

ExitCode cannot_start(const Daemon& daemon, const os::SystemError& error) {
  std::cerr << daemon.name << ": " << error.text << '\n';
  return error.is_not_now() ? ExitCode::not_now : ExitCode::start;
}

ExitCode cannot_start(const Daemon& daemon, const Error& error) {
  return cannot_start(daemon, os::SystemError(error));
}

std::vector<ListenAddress> addresses_of(Door door, const config::Settings& settings) {
  if (door == Door::policy) return settings.policyd.listen;
  return {settings.milter.listen.value()};
}

const std::optional<ListenAddress>& metrics_address(Door door, const config::Settings& settings) {
  return door == Door::policy ? settings.policyd.metrics : settings.milter.metrics;
}

std::size_t max_connections_of(Door door, const config::Settings& settings) {
  return door == Door::policy ? settings.policyd.max_connections : settings.milter.max_connections;
}

// Its owner is who the daemon becomes, unless somebody else is named.
std::optional<ListenAddress> control_address(const Daemon& daemon, const config::Settings& settings,
                                             AsRoot as_root) {
  if (!settings.control) return std::nullopt;
  ListenAddress address;
  address.kind = ListenAddress::Kind::unix_socket;
  address.path = settings.control->folder + '/' + daemon.name + ".control";
  address.owner = settings.control->owner;
  if (address.owner.empty() && as_root == AsRoot::yes) address.owner = settings.user;
  address.group = settings.control->group;
  address.mode = settings.control->mode;
  return address;
}

os::SystemResult<std::optional<os::Listener>> open_if(const std::optional<ListenAddress>& address) {
  if (!address) return std::nullopt;
  auto listener = os::Listener::open(*address);
  if (!listener) return tl::unexpected(listener.error());
  return std::optional<os::Listener>(std::move(*listener));
}

os::SystemResult<std::vector<os::Listener>> open_listeners(
    const std::vector<ListenAddress>& addresses) {
  auto inherited = os::InheritedSockets::from_environment();
  if (!inherited) return os::lasting_failure(inherited.error().text);
  std::vector<os::Listener> listeners;
  for (const ListenAddress& address : addresses) {
    if (os::UniqueFd fd = inherited->take(address); fd.is_open()) {
      listeners.push_back(os::Listener::adopt(address, std::move(fd)));
      continue;
    }
    auto listener = os::Listener::open(address);
    if (!listener) return tl::unexpected(listener.error());
    listeners.push_back(std::move(*listener));
  }
  if (auto all = inherited->require_none_left(addresses); !all) {
    return os::lasting_failure(all.error().text);
  }
  return listeners;
}

// For less than was asked for there is a reason, which the log is told once it is open.
struct OwnConnections {
  std::vector<os::UniqueFd> made;
  std::optional<Error> failed;
};

OwnConnections connect_to_self(const os::Listener& listener, std::size_t wanted) {
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

void check_descriptor_limit(std::size_t max_connections, os::DaemonLog& log) {
  const std::size_t limit = os::raise_descriptor_limit();
  if (limit >= max_connections + kOtherDescriptors) return;
  log.warning("max_connections is " + std::to_string(max_connections) +
              ", but the system allows only " + std::to_string(limit) +
              " file descriptors (LimitNOFILE= in the unit)");
}

void tell_sockets(const std::vector<os::Listener>& listeners, const OwnConnections& own,
                  const std::optional<os::Listener>& metrics, os::DaemonLog& log) {
  for (const os::Listener& listener : listeners) {
    log.info("listening on " + listener.address().to_string() +
             (listener.is_adopted() ? ", opened by the service manager" : ""));
  }
  if (metrics) log.info("metrics at " + metrics->address().to_string() + ", path /metrics");
  if (own.failed) log.warning(own.failed->text + ": of a burst some will wait for others");
}

ExitCode tell_end(Supervisor::End end, os::DaemonLog& log) {
  if (end == Supervisor::End::told) {
    log.info("stopped");
    return ExitCode::ok;
  }
  log.error("stopped, though nobody said so");
  return ExitCode::failed;
}

// That the rules are not those of the files must not be overlooked.
void tell_stored(const config::FirstRules& rules, os::DaemonLog& log) {
  if (!rules.stored) return;
  config::log_diagnostics(rules.report.diagnostics, log);
  log.error("starting with generation " + std::to_string(rules.stored->number) + " of " +
            format_utc(rules.stored->since) + ", kept in " +
            std::filesystem::path(rules.stored->files.front().stored).parent_path().string() +
            "; mend the file, it is taken as soon as it is right");
}

config::TriedRules try_on_recent_mail(const std::shared_ptr<const Snapshot>& in_force,
                                      const std::shared_ptr<const Snapshot>& candidate,
                                      const config::Settings& settings) {
  return replay::try_on_journal(in_force, candidate, settings, std::chrono::system_clock::now());
}

// All that a daemon has when it begins to serve.
struct Start {
  std::string settings_file;
  config::Settings settings;
  os::FileIdentity settings_identity;
  config::FirstRules rules;
  std::vector<os::Listener> listeners;
  OwnConnections own_connections;
  std::optional<os::Listener> control;
  std::optional<os::Listener> metrics;
};

ExitCode serve(const Daemon& daemon, Start start, os::DaemonLog& log) {
  const UtcTime started = start.rules.report.at;
  tell_stored(start.rules, log);
  auto generations = config::keep_first_rules(start.settings, start.rules, log);
  // Takes its time. Whoever reads that the daemon listens may tell it to stop.
  auto store = service::open_store(start.settings, log);
  log.info(daemon.name + " " + daemon.version + " started: " + summary(*start.rules.snapshot) +
           ", generation " + std::to_string(start.rules.report.generation));
  check_descriptor_limit(max_connections_of(daemon.door, start.settings), log);
  tell_sockets(start.listeners, start.own_connections, start.metrics, log);

  service::DaemonState state{daemon.name,
                             daemon.version,
                             started,
                             start.settings_file,
                             log,
                             config::LiveSettings(std::move(start.settings)),
                             config::SnapshotStore(std::move(start.rules.snapshot))};
  state.journal = std::make_unique<journal::Journal>(
      journal::Journal::Parts{daemon.door, daemon.version, state.settings, log});
  state.store = std::move(store);
  const auto rules_coming = [&](std::uint64_t generation, const std::string& fingerprint) {
    state.journal->rules_coming(generation, fingerprint);
  };
  rules_coming(start.rules.report.generation, config::fingerprint_of_files(start.rules.files));
  auto server = daemon.make_server(
      {state, std::move(start.listeners), std::move(start.own_connections.made)});
  const auto settings_changed = [&] {
    check_descriptor_limit(max_connections_of(daemon.door, state.settings.current()), log);
    server->settings_changed();
  };
  start.rules.looked_at.emplace(start.settings_file, start.settings_identity);
  config::Reloader reloader(
      {start.settings_file, daemon.door, state.settings, state.snapshots, log,
       std::move(generations), settings_changed, rules_coming, try_on_recent_mail},
      std::move(start.rules.report), start.rules.files, std::move(start.rules.looked_at));
  start.rules.files = {};  // as large as all lists together
  Supervisor supervisor(
      {state, *server, reloader, std::move(start.control), std::move(start.metrics)});
  const auto end = supervisor.run();
  if (daemon.ending == Ending::orderly) {
    // What it is asked for is answered on the server's threads.
    if (state.store) state.store->finish();
    server.reset();
  }
  if (const auto shadow = state.shadow.exchange(nullptr))
    log.info("shadow ends: " + sum_of(*shadow));
  const ExitCode code = tell_end(end, log);
  if (daemon.ending == Ending::at_once) {
    state.journal->finish();
    if (state.store) state.store->finish();
    log.flush();
    ::_exit(static_cast<int>(code));
  }
  return code;
}

}  // namespace

ExitCode check_configuration(const Daemon& daemon, const std::string& settings_file) {
  auto first = settings_of(daemon, settings_file);
  const auto& settings = first.read.settings;
  Diagnostics& diagnostics = first.diagnostics;
  if (!settings) return nothing_to_start_with(first.not_now());
  const config::RulesRead read =
      config::RuleSource::files(settings->rules_file, settings->state_folder)
          .load(config::load_target(*settings, daemon.door), 1);
  diagnostics.add(read.diagnostics);
  std::cerr << config::HiddenFiles::of(*settings, read.files).shown(diagnostics).to_string();
  if (!read.snapshot) return nothing_to_start_with(read.not_now);
  std::cout << "ok: " << summary(*read.snapshot) << '\n';
  return ExitCode::ok;
}

ExitCode run_daemon(const Daemon& daemon, const std::string& settings_file) {
  Start start;
  start.settings_file = config::absolute_path(settings_file);
  start.settings_identity = os::identify_quiet_file(start.settings_file);
  auto first = settings_of(daemon, start.settings_file);
  if (!first.read.settings) return nothing_to_start_with(first.not_now());
  start.settings = std::move(*first.read.settings);
  const config::Settings& settings = start.settings;
  start.rules = rules_of_start(daemon, settings, first);
  if (!start.rules.stored) std::cerr << start.rules.report.diagnostics.to_string();
  if (!start.rules.snapshot) return nothing_to_start_with(start.rules.report.not_now);

  const AsRoot as_root = ::geteuid() == 0 ? AsRoot::yes : AsRoot::no;
  auto listeners = open_listeners(addresses_of(daemon.door, settings));
  if (!listeners) return cannot_start(daemon, listeners.error());
  start.listeners = std::move(*listeners);
  start.own_connections = connect_to_self(start.listeners.front(), daemon.own_connections);
  auto control = open_if(control_address(daemon, settings, as_root));
  if (!control) return cannot_start(daemon, control.error());
  if (*control) start.control.emplace(std::move(**control));
  auto metrics = open_if(metrics_address(daemon.door, settings));
  if (!metrics) return cannot_start(daemon, metrics.error());
  if (*metrics) start.metrics.emplace(std::move(**metrics));
  if (const auto dropped = os::drop_privileges(settings.user, settings.group); !dropped) {
    return cannot_start(daemon, dropped.error());
  }
  if (as_root == AsRoot::yes) {
    start.rules = {};  // not twice in memory
    start.rules = read_rules_again(daemon, settings, first);
    if (!start.rules.snapshot) return nothing_to_start_with(start.rules.report.not_now);
  }
  auto log = os::DaemonLog::open(settings.log);
  if (!log) return cannot_start(daemon, log.error());
  std::signal(SIGPIPE, SIG_IGN);  // a reader of the log may go away
  return serve(daemon, std::move(start), **log);
}

}  // namespace postern::daemon

// The server behind a door, which answers the MTA. The daemon (server/daemon/daemon.h) makes it,
// starts it and ends it; each door has its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/os/listener.h"
#include "common/os/unique_fd.h"
#include "common/resolver/dns_cache.h"
#include "common/resolver/resolver.h"
#include "server/service/daemon_state.h"
#include "server/service/greeting_delay.h"

namespace postern::service {

// What a server is made of. The state outlives it.
struct ServerParts {
  DaemonState& state;  // its settings are complete: dns.upstreams, and the section of the door
  std::vector<os::Listener> listeners;  // open, in the order of the settings; the milter has one
  // To the first of them, as many as the daemon asked for; fewer if it could not connect.
  std::vector<os::UniqueFd> own_connections = {};
};

// How a server is doing, for `status` and the metrics.
struct ServerStatus {
  std::size_t open_connections = 0;
  std::uint64_t refused_connections = 0;  // beyond max_connections, since the start
  GreetingDelay::Counts delays;
  resolver::DnsCache::Statistics cache;
  std::vector<resolver::UpstreamHealth> upstreams;
  resolver::DnsCircuitStatus circuit;
  resolver::DnsOutcomes::Counts dns{};     // of questions
  std::uint64_t accepted_connections = 0;  // since the start
  std::uint64_t refused_waits = 0;         // decisions beyond milter.max_waiting, since the start
  std::uint64_t evicted_connections = 0;   // idle ones that made room for others, since the start
  // Why connections have to wait in the system's queue now; empty: they need not.
  std::string waiting_for = {};
  std::uint64_t refused_messages = 0;  // deferred for want of room (milter), since the start
  resolver::ShedStatus shedding;       // of questions, and of waits for them
};

// Made, started, told to stop and destroyed by the main thread; serves on threads of its own, none
// of which it starts before start().
class DoorServer {
 public:
  DoorServer() = default;
  DoorServer(const DoorServer&) = delete;
  DoorServer& operator=(const DoorServer&) = delete;
  virtual ~DoorServer() = default;  // ends at once

  // Returns as soon as connections are taken. `ended` is called once, on any thread, when there is
  // nothing more to serve: after stop(), or because serving has failed for good, which the server
  // has logged. An exception says that it could not start.
  virtual void start(std::function<void()> ended) = 0;
  // Takes no more connections, finishes what is in flight, within the stop_timeout of its section,
  // and calls `ended`. Does not wait for that.
  virtual void stop() = 0;
  // Ends at once, and gives up the listeners, so that no file of a unix socket stays behind. When
  // it returns, `ended` is not being called and never will be. Comes last in any case, after
  // `ended` too.
  virtual void stop_now() = 0;

  // The settings in force have changed: takes what it keeps of them (limits, DNS) anew. For what is
  // under way the old ones may go on.
  virtual void settings_changed() = 0;
  // The event loops that serve, each one thread's: while all of them run, the daemon lives.
  [[nodiscard]] virtual std::vector<boost::asio::any_io_executor> loops() { return {}; }
  [[nodiscard]] virtual ServerStatus status() const = 0;
  [[nodiscard]] virtual resolver::DnsCache& cache() = 0;
  [[nodiscard]] virtual resolver::Resolver& resolver() = 0;
};

using MakeServer = std::function<std::unique_ptr<DoorServer>(ServerParts)>;

}  // namespace postern::service

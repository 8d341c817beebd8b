// The policy daemon's server: takes connections on its listeners, spreads them over its threads,
// and ends in good order.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/io/accept_shortage.h"
#include "common/io/dns_cache.h"
#include "common/io/listener.h"
#include "common/io/log.h"
#include "common/io/resolver.h"
#include "common/io/shed_count.h"
#include "policyd/acceptor.h"
#include "policyd/session_loop.h"
#include "rules/io/cached_facts.h"
#include "rules/io/door_server.h"
#include "rules/io/greeting_delay.h"

namespace postern {

// Owns everything that serves but what its parts refer to. Made, started and destroyed by one
// thread; serves on `policyd.threads` of its own.
class PolicyServer final : public DoorServer {
 public:
  explicit PolicyServer(ServerParts parts);
  ~PolicyServer() override;

  // `ended` is called once, on a thread of the server: when all has been served after stop(), or
  // `stop_timeout` is over.
  void start(std::function<void()> ended) override;
  // From any thread: takes no more connections, closes idle ones, and ends when the requests in
  // flight are answered.
  void stop() override;
  // Ends at once and waits for the threads. Not from a thread of the server.
  void stop_now() override;

  void settings_changed() override;
  [[nodiscard]] std::vector<boost::asio::any_io_executor> loops() override;
  [[nodiscard]] ServerStatus status() const override;  // from any thread
  [[nodiscard]] DnsCache& cache() override { return cache_; }
  [[nodiscard]] Resolver& resolver() override { return *resolver_; }

 private:
  std::vector<std::unique_ptr<SessionLoop>> make_loops(unsigned count);
  boost::asio::io_context& main_loop() { return loops_.front()->context(); }
  void take(UniqueFd fd, const sockaddr_storage& from);
  bool claim_share(Peer& peer);
  bool claim_place();
  bool admit(Peer& peer, SessionLoop::Room room);
  void session_ended();
  void begin_stop();
  void end();
  void report();
  void report_shed();

  const LiveSettings& settings_;
  DaemonLog& log_;
  DecisionLog decisions_;
  AcceptShortage shortage_;
  DnsCache cache_;
  CachedFacts facts_;
  GreetingDelay delays_;
  ClientShares peers_;
  PeerWarnings warnings_;
  std::atomic<std::size_t> open_connections_{0};
  std::atomic<std::uint64_t> accepted_connections_{0};
  std::atomic<std::uint64_t> refused_connections_{0};
  std::atomic<std::uint64_t> evicted_connections_{0};
  std::atomic<bool> stopping_{false};
  // The first loop also accepts and resolves; that work belongs to its thread.
  std::vector<std::unique_ptr<SessionLoop>> loops_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<SessionServices> services_;
  std::vector<Listener> listeners_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::unique_ptr<boost::asio::steady_timer> stop_timer_;
  std::unique_ptr<boost::asio::steady_timer> report_timer_;
  std::function<void()> ended_;
  std::size_t next_loop_ = 0;
  bool has_ended_ = false;
  ShedCount shed_connections_;
  ShedCount shed_idle_;
  ShedCount shed_questions_;
};

}  // namespace postern

// The server of the policy door: accepts connections on its listeners, spreads them over its
// threads, and ends in order.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/os/listener.h"
#include "common/os/shed_count.h"
#include "policyd/acceptor.h"
#include "policyd/session_loop.h"
#include "server/service/decision_service.h"
#include "server/service/door_server.h"

namespace postern::policyd {

// Owns everything that serves, except what `parts` refer to. One thread makes, starts and destroys
// it; it serves on `policyd.threads` threads of its own.
class PolicyServer final : public service::DoorServer {
 public:
  explicit PolicyServer(service::ServerParts parts);
  ~PolicyServer() override;

  // A thread of the server calls `ended` once: when all requests are answered after stop(), or when
  // `stop_timeout` is over.
  void start(std::function<void()> ended) override;
  // Accepts no more connections, closes idle ones, and ends when the requests in flight are
  // answered. Any thread may call it.
  void stop() override;
  // Ends at once and waits for the threads. REQUIRES: not called on a thread of the server.
  void stop_now() override;

  void settings_changed() override { service_.settings_changed(); }
  [[nodiscard]] std::vector<boost::asio::any_io_executor> loops() override;
  [[nodiscard]] service::ServerStatus status() const override;  // from any thread
  [[nodiscard]] resolver::DnsCache& cache() override { return service_.cache(); }
  [[nodiscard]] resolver::Resolver& resolver() override { return service_.resolver(); }

 private:
  std::vector<std::unique_ptr<SessionLoop>> make_loops(unsigned count);
  boost::asio::io_context& main_loop() { return loops_.front()->context(); }
  void take(os::UniqueFd fd, const sockaddr_storage& from);
  bool claim_share(Peer& peer);
  bool claim_permit();
  bool admit(Peer& peer, SessionLoop::Room room);
  void session_ended();
  void begin_stop();
  void end();
  void report_shed();

  service::ClientShares peers_;
  std::atomic<std::size_t> open_connections_{0};
  std::atomic<std::uint64_t> accepted_connections_{0};
  std::atomic<std::uint64_t> refused_connections_{0};
  std::atomic<std::uint64_t> evicted_connections_{0};
  std::atomic<bool> stopping_{false};
  // The first loop also accepts and resolves; that work belongs to its thread.
  std::vector<std::unique_ptr<SessionLoop>> loops_;
  service::DecisionService service_;
  CostlyDecisions costly_;
  SessionServices services_;
  std::vector<os::Listener> listeners_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::unique_ptr<boost::asio::steady_timer> stop_timer_;
  std::function<void()> ended_;
  std::size_t next_loop_ = 0;
  bool has_ended_ = false;
  os::ShedCount shed_connections_;
  os::ShedCount shed_idle_;
};

}  // namespace postern::policyd

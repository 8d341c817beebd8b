// The server of the milter door: libmilter's threads on one listening socket, and one thread for
// the resolver.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "common/os/shed_count.h"
#include "milter/peer_sockets.h"
#include "milter/session.h"
#include "milter/worker_wakeup.h"
#include "server/service/decision_service.h"
#include "server/service/door_server.h"

namespace postern::milter {

// One per process. A started server is never destroyed (Ending::at_once): libmilter cannot start
// twice, and its threads run on after it was stopped. The main thread makes and starts it.
class MilterServer : public service::DoorServer {
 public:
  // Connections to its own socket that WorkerWakeup should have. The server also works with fewer,
  // but sessions may wait longer.
  static constexpr std::size_t kOwnConnections = 4;

  explicit MilterServer(service::ServerParts parts);
  ~MilterServer() override;

  // Throws std::runtime_error with what libmilter refuses.
  void start(std::function<void()> ended) override;
  // Turns new sessions away, ends all delays, and ends when the open sessions are over.
  void stop() override;
  void stop_now() override;

  void settings_changed() override;
  [[nodiscard]] std::vector<boost::asio::any_io_executor> loops() override {
    return {context_.get_executor()};
  }
  [[nodiscard]] service::ServerStatus status() const override;  // from any thread
  [[nodiscard]] resolver::DnsCache& cache() override { return service_.cache(); }
  [[nodiscard]] resolver::Resolver& resolver() override { return service_.resolver(); }

 private:
  void run_loop();
  void open_filter();
  void run_filter();
  void filter_ended();
  void wait_for_sessions(std::chrono::steady_clock::time_point until);
  void end();
  void report_shed();

  PeerSockets peers_;
  std::atomic<std::uint64_t> closed_connections_{0};  // beyond the share of their address
  std::vector<os::Listener> listeners_;
  service::Capacity sessions_;
  resolver::DomainShares waiting_;
  service::MessageBudget messages_;
  StopFlag stopping_;
  boost::asio::io_context context_{1};
  WorkerWakeup wakeup_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer stop_timer_;
  service::DecisionService service_;
  MilterServices services_;
  std::function<void()> ended_;
  bool has_ended_ = false;  // on the loop
  os::ShedCount shed_sessions_;
  os::ShedCount shed_messages_;
  os::ShedCount shed_peers_;
  os::ShedCount shed_waiting_;
  std::thread loop_;
};

}  // namespace postern::milter

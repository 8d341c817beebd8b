// Makes the decisions that cost more than the event loops give them. One thread of its own makes
// them one after the other, so that the loops serve others meanwhile. Clients take turns, however
// many decisions each of them waits for.
//
// A session waits for one decision at a time, so there are never more decisions than connections.
// Each decision has a deadline, after which it costs little. The server owns this, and alone calls
// start() and stop(); any thread may call add().
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "common/base/ip_address.h"

namespace postern::policyd {

class CostlyDecisions {
 public:
  CostlyDecisions() = default;
  ~CostlyDecisions() { stop(); }
  CostlyDecisions(const CostlyDecisions&) = delete;
  CostlyDecisions& operator=(const CostlyDecisions&) = delete;

  void start();
  // Waits for the decision that is being made. Destroys the decisions that wait for their turn.
  void stop();

  // Calls `make` on the thread, in its turn. Mail without a client address counts as mail of one
  // client. An exception of `make` ends that call alone.
  void add(const std::optional<IpAddress>& client, std::function<void()> make);

 private:
  using Client = std::optional<IpAddress>;
  struct Waiting {
    Client client;
    std::function<void()> make;
  };
  struct Turns {
    std::uint64_t last = 0;
    std::size_t waiting = 0;
  };

  void run();
  std::optional<Waiting> next();

  std::mutex mutex_;  // of all but the thread
  std::condition_variable changed_;
  bool stopping_ = false;
  std::uint64_t turn_ = 0;
  std::multimap<std::uint64_t, Waiting> waiting_;  // by turn; of one turn the first come first
  std::map<Client, Turns> clients_;                // that wait
  std::thread thread_;
};

}  // namespace postern::policyd

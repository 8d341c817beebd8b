// Decisions that cost more than the event loops give them. One thread makes them, one after the
// other, so that the loops go on meanwhile. Clients take turns, however many decisions each of them
// waits for.
//
// A session waits for one decision at a time, so that there are never more than connections; each
// has its deadline, after which little is done for it. Every function may be called from any thread
// but start() and stop(), which belong to the owner.
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
  // Waits for the decision that is being made. What waits for its turn never has it, and is
  // destroyed here.
  void stop();

  // Decisions for mail without a client's address count as those of one client. An exception of
  // `make` ends it and nothing else.
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

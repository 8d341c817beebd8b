// One cell of the matrix: two name servers on loopback, a resolver with a cache of its own, and a
// door that judges mail from the domain by the shipped rule.
//
// All sockets live on one loop, which all fixtures share; each is used by one thread, which waits.
#pragma once

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "common/resolver/dns_cache.h"
#include "common/resolver/resolver.h"
#include "rules/snapshot.h"
#include "server/state/memory_store.h"
#include "tests/dns_faults/fault_table.h"
#include "tests/support/zone_server.h"

namespace postern {

enum class DoorSide { policy, milter };

// What became of one mail.
struct JudgedMail {
  Disposition action = Disposition::pass;
  std::string finding;  // that decided
  std::string found;    // whether it decided or not
  std::string reply;    // code and enhanced code, or the one word for mail that passes
  std::string dns;      // of the decision line, with the same text in every run
  std::chrono::milliseconds took{0};
};

// How much time everything has. A busy machine needs more to show what a quiet one does.
struct Pace {
  int slower = 1;
  [[nodiscard]] std::chrono::milliseconds attempt_timeout() const {
    return slower * std::chrono::milliseconds{300};
  }
  [[nodiscard]] std::chrono::milliseconds decision_deadline() const {
    return 5 * attempt_timeout();
  }
  [[nodiscard]] std::chrono::milliseconds longest() const {
    return decision_deadline() + std::chrono::seconds{1};
  }
};

class FaultFixture {
 public:
  FaultFixture(boost::asio::io_context& loop, const Fault& fault, Cached cached, Pace pace,
               std::shared_ptr<const Snapshot> rules);
  FaultFixture(const FaultFixture&) = delete;
  FaultFixture& operator=(const FaultFixture&) = delete;
  ~FaultFixture();

  // Fills the cache as the cell wants it, and lets the fault begin.
  void prepare();
  JudgedMail judge(DoorSide door);

 private:
  void begin_fault();
  void begin_outage();
  void wait_for_lines(int count);
  [[nodiscard]] bool anything_kept() const;
  std::string evened_out(std::string line, const JudgedMail& judged) const;

  boost::asio::io_context& loop_;
  const Fault& fault_;
  const Cached cached_;
  const Pace pace_;
  const std::shared_ptr<const Snapshot> rules_;
  resolver::DnsSettings settings_;
  std::unique_ptr<ZoneServer> first_;
  std::unique_ptr<ZoneServer> second_;
  std::unique_ptr<resolver::DnsCache> cache_;
  std::unique_ptr<resolver::Resolver> resolver_;
  state::MemoryStore store_;  // with no record in it

  std::mutex mutex_;  // of what follows
  std::condition_variable line_came_;
  int lines_ = 0;  // that the resolver had for the log
};

}  // namespace postern

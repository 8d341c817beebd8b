// What both doors need for decisions beside the rules: the cache, the resolver, delays of
// greetings, the log of decisions; and the reports of what was shed. Each server owns one. Any
// thread may call a function, unless the function says otherwise.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>

#include "common/os/accept_shortage.h"
#include "common/os/peer_warnings.h"
#include "common/os/shed_count.h"
#include "common/resolver/dns_cache.h"
#include "common/resolver/resolver.h"
#include "server/service/cached_facts.h"
#include "server/service/daemon_state.h"
#include "server/service/decision_log.h"
#include "server/service/door_server.h"
#include "server/service/greeting_delay.h"

namespace postern::service {

class DecisionService {
 public:
  // DNS is asked, and reports are made, on `executor`, which is one thread's. The store of `state`
  // stays the one that it is.
  DecisionService(DaemonState& state, const boost::asio::any_io_executor& executor);
  DecisionService(const DecisionService&) = delete;
  DecisionService& operator=(const DecisionService&) = delete;

  [[nodiscard]] DaemonState& state() { return state_; }
  [[nodiscard]] const config::Settings& settings() const { return state_.settings.current(); }
  [[nodiscard]] os::DaemonLog& log() { return state_.log; }
  [[nodiscard]] DecisionLog& decisions() { return decisions_; }
  [[nodiscard]] os::AcceptShortage& shortage() { return shortage_; }
  [[nodiscard]] resolver::DnsCache& cache() { return cache_; }
  [[nodiscard]] CachedFacts& facts() { return facts_; }
  [[nodiscard]] GreetingDelay& delays() { return delays_; }
  [[nodiscard]] os::PeerWarnings& warnings() { return warnings_; }
  // REQUIRES: not after leave_executor().
  [[nodiscard]] resolver::Resolver& resolver() { return *resolver_; }

  // The settings in force have changed.
  void settings_changed();

  // All but what is about connections.
  [[nodiscard]] ServerStatus status() const;

  // Tells the log every few seconds, from now on, what was shed; first what `of_door` has to tell.
  // On the executor.
  void start_reports(std::function<void()> of_door);
  // What is left to tell when the server ends. On the executor.
  void report_last();
  // Gives up what lives on the executor, which ends then. When that runs no more.
  void leave_executor();

 private:
  void report();
  void report_shed();

  DaemonState& state_;
  DecisionLog decisions_;
  os::AcceptShortage shortage_;
  resolver::DnsCache cache_;
  CachedFacts facts_;
  GreetingDelay delays_;
  os::PeerWarnings warnings_;
  std::optional<boost::asio::steady_timer> report_timer_;
  std::optional<resolver::Resolver> resolver_;
  std::function<void()> of_door_;
  os::ShedCount shed_questions_;
};

}  // namespace postern::service

// Asks DNS: upstream groups in order, failover, EDNS, TCP on truncation, one question in flight per
// name and type (single flight), everything bounded in number and time. Fills the cache. Keeps no
// timer when nothing is asked, but while no server answers.
//
// Lives on one executor (one thread); what is public may be called from any thread. Reads no
// /etc/hosts and no search list: a name is asked as it stands.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/dns/dns.h"
#include "common/resolver/dns_cache.h"
#include "common/resolver/dns_circuit.h"
#include "common/resolver/dns_outcomes.h"
#include "common/resolver/dns_settings.h"
#include "common/resolver/shed_episode.h"

namespace postern::resolver {

// How the upstream servers are doing, for logs and `status`.
struct UpstreamHealth {
  std::string server;
  bool down = false;
  int failures_in_a_row = 0;
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;
  // What became of what it was asked: its reply, `unreachable`, or `timeout` when none came within
  // `query_timeout`, which is known only then.
  DnsOutcomes::Counts outcomes{};
};

class Resolver {
 public:
  using Handler = std::function<void(dns::DnsFact)>;
  // Told in a line each that no upstream answers any more, and then that one does again: for the
  // log. Called on the executor.
  using Watcher = std::function<void(const std::string& line)>;

  // `settings.upstreams` must hold a server. `cache` outlives the
  // resolver. Destroyed on the executor, or when that runs no more; this stops it.
  Resolver(boost::asio::any_io_executor executor, DnsSettings settings, DnsCache& cache,
           Watcher watcher = {});
  ~Resolver();  // NOLINT(bugprone-exception-escape): see there
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Calls `handler` exactly once, on the resolver's executor and never from inside ask(): with the
  // answer, or with a temporary failure: what the upstreams said or did not say within
  // `query_timeout` (kept in the cache, RFC 9520), `overloaded`, `circuit_open`, or `deadline` when
  // stopped (all three given up, and not kept). `overloaded`: `max_in_flight` are on their way, or
  // what of it or of the TCP connections is left to the domain of the name, or to that of `asker`,
  // the name because of which this is asked (common/resolver/domain_shares.h); it may be empty.
  // An answer that the cache holds by then is taken from there.
  // CNAMEs are followed over as many questions as it takes, up to 16 links in all.
  void ask(const dns::DnsQuestion& question, const dns::DnsName& asker, Handler handler);
  // The same because of the name that is asked for.
  void ask(const dns::DnsQuestion& question, Handler handler) {
    ask(question, question.name, std::move(handler));
  }

  // Ends all questions in flight with a temporary failure. Later ones fail at once. From any
  // thread.
  void stop();

  // From any thread: holds for what is asked from now on; what is under way ends by the old
  // settings and servers. What is known of the health of servers that stay, stays. Of other servers
  // than before the failures in the cache are forgotten, and those of what is under way not kept.
  // Without a change it does nothing. As above, `settings.upstreams` must hold a server.
  void reconfigure(DnsSettings settings);

  // From any thread, without waiting for the executor.
  [[nodiscard]] std::vector<UpstreamHealth> health() const;
  [[nodiscard]] DnsCircuitStatus circuit() const;
  // What became of the questions that the cache did not answer; those of several askers at a time
  // count once when they were asked.
  [[nodiscard]] DnsOutcomes::Counts outcomes() const;
  // Questions that were `overloaded`, since the start, and whether any are just now.
  [[nodiscard]] std::uint64_t not_asked() const;
  [[nodiscard]] ShedStatus shedding() const;
  // Somebody else has given up what was to be asked because of `asker`, for want of room.
  void note_shed(const dns::DnsName& asker);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

// Why those of not_asked() were not, for the log.
std::string why_not_asked(const DnsSettings& settings, const ShedStatus& shedding);

}  // namespace postern::resolver

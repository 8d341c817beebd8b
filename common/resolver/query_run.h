// One question on its way: attempt after attempt over the servers, pass after pass, and on along
// CNAMEs, until there is an answer or the time is over.
//
// Lives on the resolver's executor; owned by the resolver, and may be dropped at any time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "common/dns/dns_message.h"
#include "common/resolver/dns_settings.h"
#include "common/resolver/upstream_link.h"
#include "common/resolver/upstreams.h"

namespace postern::resolver {

// What runs share: how they ask, and whom. A run ends by the one that it began with.
struct QueryContext {
  DnsSettings settings;
  std::shared_ptr<Upstreams> upstreams;
  std::vector<std::shared_ptr<UpstreamLink>> links;  // one for each of `upstreams`
};

class QueryRun : public std::enable_shared_from_this<QueryRun> {
 public:
  using Done = std::function<void(dns::DnsAnswer)>;

  // `asker`: the name because of which it is asked.
  QueryRun(const boost::asio::any_io_executor& executor,
           std::shared_ptr<const QueryContext> context, dns::DnsQuestion question,
           dns::DnsName asker);

  // Calls `done` once, never from inside start() and not after the run is gone. Found and absent
  // end the run; anything else goes to the next server, then to the next pass with twice the
  // patience. If none does better, the failure that tells most is the answer.
  void start(Done done);

  [[nodiscard]] const dns::DnsName& asker() const { return asker_; }

  // RFC 1034 3.6.2 wants loops caught; sixteen links are more than any honest chain has.
  static constexpr std::size_t kMaxLinks = 16;

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  void ask_everyone();
  void next_pass();
  void next_attempt();
  void send(std::size_t server, int attempt);
  void replied(std::size_t link, int attempt, dns::DnsReply reply);
  void wait_for(std::size_t server);
  void waited_in_vain(std::size_t server, TimePoint sent_at, std::chrono::milliseconds patience);
  void follow(const dns::DnsReply& reply);
  void note_failure(const dns::DnsAnswer& failure);
  void finish(dns::DnsAnswer answer);

  const std::shared_ptr<const QueryContext> context_;
  const dns::DnsName asker_;
  boost::asio::steady_timer timer_;
  Done done_;
  TimePoint deadline_;

  // The CNAME chain so far; the last one is being asked.
  std::vector<dns::DnsQuestion> chain_;
  dns::DnsTtl chain_ttl_;

  UpstreamPlan plan_;
  int pass_ = 0;
  std::size_t position_ = 0;  // in plan_.order
  int attempt_ = 0;           // the one being waited for
  dns::DnsAnswer failure_;
};

}  // namespace postern::resolver

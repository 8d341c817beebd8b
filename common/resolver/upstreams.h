// Which DNS server is asked next: the groups in order, within a group round and round, servers that
// give no sign of life ("down") last. Pure bookkeeping; time is a parameter. One thread, but for
// health(), which may be called from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/resolver/dns_settings.h"
#include "common/resolver/resolver.h"

namespace postern::resolver {

// One pass of one question over the servers, by index.
struct UpstreamPlan {
  std::vector<std::size_t> order;
  // A server that is down and due to be tried: gets the question too, and nobody waits for it.
  std::optional<std::size_t> probe;
};

class Upstreams {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Of `settings`: the servers, and when they are down. What `before` (may be null) knows of a
  // server that is among them is shared with it from now on: both note and see the same.
  Upstreams(const DnsSettings& settings, const Upstreams* before);

  [[nodiscard]] std::size_t size() const { return servers_.size(); }
  [[nodiscard]] const dns::DnsServer& server(std::size_t index) const {
    return servers_[index]->where;
  }

  UpstreamPlan plan(TimePoint now);

  void asked(std::size_t index);
  // Any reply, SERVFAIL as well: the server is alive, and no longer down.
  void answered(std::size_t index, TimePoint now);
  // What a query came to, for health() alone. Once for each that was asked.
  void ended(std::size_t index, dns::DnsReason outcome);
  // No reply to a query sent at `sent_at`, or no way to send it. Does not count when the server
  // has answered another query since: a slow name is not a dead server.
  void silent(std::size_t index, TimePoint sent_at, TimePoint now);

  [[nodiscard]] bool all_down() const;
  [[nodiscard]] std::vector<UpstreamHealth> health() const;  // from any thread

 private:
  struct Server {
    explicit Server(const dns::DnsServer& at) : where(at) {}
    const dns::DnsServer where;
    // Atomic for health() alone.
    std::atomic<bool> down{false};
    std::atomic<int> failures_in_a_row{0};
    std::atomic<std::uint64_t> asked{0};
    std::atomic<std::uint64_t> answered{0};
    DnsOutcomes outcomes;
    std::optional<TimePoint> last_answer;
    TimePoint probed;  // or went down
  };
  using ServerPtr = std::shared_ptr<Server>;
  struct Group {
    std::size_t first = 0;
    std::size_t size = 0;
    std::size_t turn = 0;
  };

  [[nodiscard]] ServerPtr known(const dns::DnsServer& where) const;
  std::optional<std::size_t> due_probe(TimePoint now);

  std::vector<ServerPtr> servers_;
  std::vector<Group> groups_;
  int down_after_failures_;
  std::chrono::milliseconds probe_interval_;
};

}  // namespace postern::resolver

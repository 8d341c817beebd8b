// Which DNS server is asked next: the groups in order, within a group round and round, servers that
// give no sign of life ("dark") last. Pure bookkeeping; time is a parameter. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/io/resolver.h"
#include "common/settings.h"

namespace postern {

// One pass of one question over the servers, by index.
struct UpstreamPlan {
  std::vector<std::size_t> order;
  // A dark server that is due to be tried: gets the question too, and nobody waits for it.
  std::optional<std::size_t> probe;
};

class Upstreams {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Upstreams(const std::vector<DnsServerGroup>& groups, int dark_after_failures,
            std::chrono::milliseconds probe_interval);

  [[nodiscard]] std::size_t size() const { return servers_.size(); }
  [[nodiscard]] const DnsServer& server(std::size_t index) const { return servers_[index].where; }

  UpstreamPlan plan(TimePoint now);

  void asked(std::size_t index);
  // Any reply, SERVFAIL as well: the server is alive, and no longer dark.
  void answered(std::size_t index, TimePoint now);
  // No reply to a query sent at `sent_at`, or no way to send it. Does not count when the server
  // has answered another query since: a slow name is not a dead server.
  void silent(std::size_t index, TimePoint sent_at, TimePoint now);

  [[nodiscard]] std::vector<UpstreamHealth> health() const;

 private:
  struct Server {
    DnsServer where;
    bool dark = false;
    int failures_in_a_row = 0;
    std::uint64_t asked = 0;
    std::uint64_t answered = 0;
    std::optional<TimePoint> last_answer;
    TimePoint next_probe;
  };
  struct Group {
    std::size_t first = 0;
    std::size_t size = 0;
    std::size_t turn = 0;
  };

  std::optional<std::size_t> due_probe(TimePoint now);

  std::vector<Server> servers_;
  std::vector<Group> groups_;
  int dark_after_failures_;
  std::chrono::milliseconds probe_interval_;
};

}  // namespace postern

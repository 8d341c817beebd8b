#include "common/io/upstreams.h"

#include <algorithm>

namespace postern {

Upstreams::Upstreams(const std::vector<DnsServerGroup>& groups, int dark_after_failures,
                     std::chrono::milliseconds probe_interval)
    : dark_after_failures_(dark_after_failures), probe_interval_(probe_interval) {
  for (const DnsServerGroup& group : groups) {
    groups_.push_back({servers_.size(), group.size(), 0});
    for (const DnsServer& where : group) {
      Server server;
      server.where = where;
      servers_.push_back(server);
    }
  }
}

UpstreamPlan Upstreams::plan(TimePoint now) {
  UpstreamPlan plan;
  plan.order.reserve(servers_.size());
  for (Group& group : groups_) {
    for (std::size_t step = 0; step < group.size; ++step) {
      plan.order.push_back(group.first + (group.turn + step) % group.size);
    }
    if (group.size > 0) group.turn = (group.turn + 1) % group.size;
  }
  std::stable_partition(plan.order.begin(), plan.order.end(),
                        [this](std::size_t index) { return !servers_[index].dark; });
  const bool any_light = !plan.order.empty() && !servers_[plan.order.front()].dark;
  // When all are dark, the ordinary attempts are the probes.
  if (any_light) plan.probe = due_probe(now);
  return plan;
}

std::optional<std::size_t> Upstreams::due_probe(TimePoint now) {
  for (std::size_t index = 0; index < servers_.size(); ++index) {
    Server& server = servers_[index];
    if (!server.dark || now < server.next_probe) continue;
    server.next_probe = now + probe_interval_;
    return index;
  }
  return std::nullopt;
}

void Upstreams::asked(std::size_t index) {
  ++servers_[index].asked;
}

void Upstreams::answered(std::size_t index, TimePoint now) {
  Server& server = servers_[index];
  ++server.answered;
  server.failures_in_a_row = 0;
  server.dark = false;
  server.last_answer = now;
}

void Upstreams::silent(std::size_t index, TimePoint sent_at, TimePoint now) {
  Server& server = servers_[index];
  if (server.last_answer && *server.last_answer >= sent_at) return;
  ++server.failures_in_a_row;
  if (server.dark || server.failures_in_a_row < dark_after_failures_) return;
  server.dark = true;
  server.next_probe = now + probe_interval_;
}

std::vector<UpstreamHealth> Upstreams::health() const {
  std::vector<UpstreamHealth> health;
  health.reserve(servers_.size());
  for (const Server& server : servers_) {
    health.push_back({server.where.to_string(), server.dark, server.failures_in_a_row, server.asked,
                      server.answered});
  }
  return health;
}

}  // namespace postern

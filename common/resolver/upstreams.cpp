#include "common/resolver/upstreams.h"

#include <algorithm>
#include <utility>

namespace postern::resolver {

Upstreams::Upstreams(const DnsSettings& settings, const Upstreams* before)
    : down_after_failures_(settings.down_after_failures),
      probe_interval_(settings.down_probe_interval) {
  for (const dns::DnsServerGroup& group : settings.upstreams) {
    groups_.push_back({servers_.size(), group.size(), 0});
    for (const dns::DnsServer& where : group) {
      auto server = before == nullptr ? nullptr : before->known(where);
      servers_.push_back(server ? std::move(server) : std::make_shared<Server>(where));
    }
  }
}

Upstreams::ServerPtr Upstreams::known(const dns::DnsServer& where) const {
  const auto found = std::find_if(servers_.begin(), servers_.end(),
                                  [&](const ServerPtr& server) { return server->where == where; });
  return found == servers_.end() ? nullptr : *found;
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
                        [this](std::size_t index) { return !servers_[index]->down; });
  const bool any_up = !plan.order.empty() && !servers_[plan.order.front()]->down;
  // When all are down, the ordinary attempts are the probes.
  if (any_up) plan.probe = due_probe(now);
  return plan;
}

std::optional<std::size_t> Upstreams::due_probe(TimePoint now) {
  for (std::size_t index = 0; index < servers_.size(); ++index) {
    Server& server = *servers_[index];
    if (!server.down || now < server.probed + probe_interval_) continue;
    server.probed = now;
    return index;
  }
  return std::nullopt;
}

void Upstreams::asked(std::size_t index) {
  ++servers_[index]->asked;
}

void Upstreams::answered(std::size_t index, TimePoint now) {
  Server& server = *servers_[index];
  ++server.answered;
  server.failures_in_a_row = 0;
  server.down = false;
  server.last_answer = now;
}

void Upstreams::ended(std::size_t index, dns::DnsReason outcome) {
  servers_[index]->outcomes.note(outcome);
}

void Upstreams::silent(std::size_t index, TimePoint sent_at, TimePoint now) {
  Server& server = *servers_[index];
  if (server.last_answer && *server.last_answer >= sent_at) return;
  ++server.failures_in_a_row;
  if (server.down || server.failures_in_a_row < down_after_failures_) return;
  server.down = true;
  server.probed = now;
}

bool Upstreams::all_down() const {
  return std::all_of(servers_.begin(), servers_.end(),
                     [](const ServerPtr& server) { return server->down.load(); });
}

std::vector<UpstreamHealth> Upstreams::health() const {
  std::vector<UpstreamHealth> health;
  health.reserve(servers_.size());
  for (const ServerPtr& server : servers_) {
    health.push_back({server->where.to_string(), server->down, server->failures_in_a_row,
                      server->asked, server->answered, server->outcomes.counts()});
  }
  return health;
}

}  // namespace postern::resolver

// /metrics. Each of its names stands in docs/metrics.md.
#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <vector>

#include "common/http/metrics_text.h"
#include "server/control/control_endpoints.h"

namespace postern::control {
namespace {

using Event = service::DecisionCounts::Event;
constexpr auto kCounter = http::MetricType::counter;
constexpr auto kGauge = http::MetricType::gauge;

// A configuration with more lists is none that a person looks at one by one.
constexpr std::size_t kMaxLists = 1000;

std::uint64_t as_count(std::size_t number) {
  return number;
}

double in_seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

double in_seconds(UtcTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

template <class Number>
void add_single(http::MetricsText& text, const http::MetricFamily& family, Number number) {
  text.family(family);
  text.sample({}, number);
}

void add_daemon(http::MetricsText& text, const ControlParts& parts) {
  text.family({"postern_build_info", kGauge, "Always 1; the version is in its label."});
  text.sample({{"version", parts.state.version}}, std::uint64_t{1});
  add_single(text, {"postern_start_time_seconds", kGauge, "When the daemon started, in Unix time."},
             in_seconds(parts.state.started));
}

// --- decisions -----------------------------------------------------------------------------------

template <class Write>
void add_series(http::MetricsText& text, const std::vector<service::DecisionCounts::Series>& all,
                Event event, const http::MetricFamily& family, Write write) {
  text.family(family);
  for (const service::DecisionCounts::Series& one : all) {
    if (one.event == event) write(one);
  }
}

void add_latency(http::MetricsText& text, const service::LatencyHistogram::Counts& counts) {
  constexpr auto& kBounds = service::LatencyHistogram::kBounds;
  std::array<http::MetricBucket, kBounds.size()> buckets;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    buckets[i] = {in_seconds(kBounds[i]), counts.classes[i]};
  }
  text.family({"postern_decision_duration_seconds", http::MetricType::histogram,
               "From the complete request to the verdict, without a delay of the greeting."});
  text.histogram({}, buckets, counts.classes.back(), in_seconds(counts.sum));
}

void add_decisions(http::MetricsText& text, const service::DecisionCounts& counts) {
  const auto all = counts.series();
  const auto act = [&](const service::DecisionCounts::Series& one) {
    text.sample(
        {{"stage", to_string(one.stage)}, {"rule", one.rule}, {"action", to_string(one.action)}},
        one.count);
  };
  add_series(text, all, Event::decided,
             {"postern_decisions_total", kCounter,
              "Decisions by the rule that made them, - when none did."},
             act);
  add_series(text, all, Event::acted,
             {"postern_rule_acts_total", kCounter,
              "Actions of rules that do not decide: delay, prepend, log, skip."},
             [&](const service::DecisionCounts::Series& one) {
               text.sample({{"stage", to_string(one.stage)}, {"rule", one.rule}}, one.count);
             });
  add_series(text, all, Event::would,
             {"postern_dry_run_actions_total", kCounter, "What rules in mode log would have done."},
             act);
  add_series(text, all, Event::found,
             {"postern_findings_total", kCounter,
              "What checks found, by the rule that has the check, whatever it did then."},
             [&](const service::DecisionCounts::Series& one) {
               text.sample({{"rule", one.rule}, {"check", one.check}, {"finding", one.finding}},
                           one.count);
             });
  add_latency(text, counts.latency());
}

// --- connections ---------------------------------------------------------------------------------

void add_connections(http::MetricsText& text, const service::ServerStatus& status,
                     const config::Settings& settings, Door door) {
  const std::size_t limit =
      door == Door::milter ? settings.milter.max_connections : settings.policyd.max_connections;
  add_single(text, {"postern_connections_open", kGauge, "Connections of the MTA."},
             as_count(status.open_connections));
  add_single(text, {"postern_connections_limit", kGauge, "max_connections of the settings."},
             as_count(limit));
  add_single(text, {"postern_connections_accepted_total", kCounter, "Connections that were taken."},
             status.accepted_connections);
  add_single(text, {"postern_delays_active", kGauge, "Greetings that are being held back."},
             as_count(status.delays.held_now));
  add_single(text, {"postern_delays_total", kCounter, "Greetings that were held back."},
             status.delays.held);
}

// What there was no room for. Of all kinds from the start, so that the first one is an increase.
void add_shed(http::MetricsText& text, const service::ServerStatus& status,
              const service::Hits& hits) {
  text.family({"postern_shed_total", kCounter, "What was not done because a limit was reached."});
  text.sample({{"what", "connection"}}, status.refused_connections);
  text.sample({{"what", "dns_question"}},
              status.dns[static_cast<std::size_t>(dns::DnsReason::overloaded)]);
  text.sample({{"what", "dns_wait"}}, status.refused_waits);
  text.sample({{"what", "rules"}}, hits.cut_short());
  text.sample({{"what", "delay"}}, status.delays.skipped_full + status.delays.skipped_overloaded +
                                       status.delays.skipped_share);
  text.sample({{"what", "idle_connection"}}, status.evicted_connections);
  text.sample({{"what", "message"}}, status.refused_messages);
}

// --- DNS -----------------------------------------------------------------------------------------

// What is a daemon's own doing no server can answer.
bool comes_from_servers(dns::DnsReason reason) {
  return reason != dns::DnsReason::overloaded && reason != dns::DnsReason::circuit_open &&
         reason != dns::DnsReason::deadline;
}

template <class Write>
void for_each_outcome(const resolver::DnsOutcomes::Counts& counts, Write write) {
  for (std::size_t i = 0; i < counts.size(); ++i) write(static_cast<dns::DnsReason>(i), counts[i]);
}

// A server that the settings name twice is one series.
std::vector<resolver::UpstreamHealth> each_once(
    const std::vector<resolver::UpstreamHealth>& upstreams) {
  std::vector<resolver::UpstreamHealth> all;
  for (const resolver::UpstreamHealth& upstream : upstreams) {
    const auto known = std::find_if(
        all.begin(), all.end(),
        [&](const resolver::UpstreamHealth& one) { return one.server == upstream.server; });
    if (known == all.end()) {
      all.push_back(upstream);
      continue;
    }
    known->down = known->down && upstream.down;
    std::transform(known->outcomes.begin(), known->outcomes.end(), upstream.outcomes.begin(),
                   known->outcomes.begin(), std::plus<>());
  }
  return all;
}

void add_upstreams(http::MetricsText& text,
                   const std::vector<resolver::UpstreamHealth>& upstreams) {
  text.family({"postern_dns_upstream_queries_total", kCounter,
               "What each server was asked, by what came of it."});
  for (const resolver::UpstreamHealth& upstream : upstreams) {
    for_each_outcome(upstream.outcomes, [&](dns::DnsReason reason, std::uint64_t number) {
      if (!comes_from_servers(reason)) return;
      text.sample({{"upstream", upstream.server}, {"outcome", dns::to_string(reason)}}, number);
    });
  }
  text.family({"postern_dns_upstream_down", kGauge,
               "1 for a server that gives no sign of life, and is only probed."});
  for (const resolver::UpstreamHealth& upstream : upstreams) {
    text.sample({{"upstream", upstream.server}}, as_count(upstream.down ? 1 : 0));
  }
}

void add_dns(http::MetricsText& text, const service::ServerStatus& status) {
  text.family({"postern_dns_questions_total", kCounter,
               "Questions that the cache did not answer, by what came of them."});
  for_each_outcome(status.dns, [&](dns::DnsReason reason, std::uint64_t number) {
    text.sample({{"outcome", dns::to_string(reason)}}, number);
  });
  add_upstreams(text, each_once(status.upstreams));
  add_single(text,
             {"postern_dns_circuit_open", kGauge, "1 while no server answers, and none is asked."},
             as_count(status.circuit.open ? 1 : 0));
  add_single(text, {"postern_dns_circuit_openings_total", kCounter, "How often that came about."},
             status.circuit.opened);
}

void add_cache(http::MetricsText& text, const resolver::DnsCache::Statistics& cache,
               std::size_t limit) {
  add_single(text, {"postern_dns_cache_names", kGauge, "Names that something is known of."},
             as_count(cache.entries));
  add_single(text, {"postern_dns_cache_size_bytes", kGauge, "What they take, estimated."},
             as_count(cache.bytes));
  add_single(text, {"postern_dns_cache_limit_bytes", kGauge, "dns.cache.max_size of the settings."},
             as_count(limit));
  add_single(text, {"postern_dns_cache_hits_total", kCounter, "Look-ups that found an answer."},
             cache.hits);
  add_single(text, {"postern_dns_cache_misses_total", kCounter, "Look-ups that found none."},
             cache.misses);
  add_single(text, {"postern_dns_cache_evictions_total", kCounter, "Names that went to make room."},
             cache.evictions);
}

// --- rules ---------------------------------------------------------------------------------------

// Whether the files are what serves since that look.
bool is_in_force(config::ReloadOutcome outcome) {
  return outcome == config::ReloadOutcome::done || outcome == config::ReloadOutcome::unchanged;
}

void add_reloads(http::MetricsText& text, const config::Reloader& reloader) {
  const auto counts = reloader.counts();
  text.family({"postern_reloads_total", kCounter, "Looks at changed files, by what came of them."});
  text.sample({{"result", config::to_string(config::ReloadOutcome::done)}}, counts.done);
  text.sample({{"result", config::to_string(config::ReloadOutcome::unchanged)}}, counts.unchanged);
  text.sample({{"result", config::to_string(config::ReloadOutcome::refused)}}, counts.refused);
  text.sample({{"result", config::to_string(config::ReloadOutcome::postponed)}}, counts.postponed);
  const config::ReloadReport& last = reloader.last();
  add_single(
      text,
      {"postern_reload_last_successful", kGauge,
       "0 when the files were faulty at the last look, or could not be read, and older rules go "
       "on."},
      as_count(is_in_force(last.outcome) ? 1 : 0));
  add_single(text,
             {"postern_reload_last_timestamp_seconds", kGauge, "When that was, in Unix time."},
             in_seconds(last.at));
  add_single(text, {"postern_reload_last_duration_seconds", kGauge, "How long it took."},
             in_seconds(last.took));
  add_single(text,
             {"postern_settings_restart_needed", kGauge,
              "Settings that differ from those in force until a restart."},
             as_count(reloader.restart_needed().size()));
}

template <class Number>
void add_for_lists(http::MetricsText& text, const Snapshot& snapshot,
                   const http::MetricFamily& family, Number number) {
  text.family(family);
  const auto& lists = snapshot.lists();
  for (std::size_t i = 0; i < std::min(lists.size(), kMaxLists); ++i) {
    const lists::List& list = *lists[i];
    text.sample({{"list", list.name()}, {"kind", lists::to_string(list.kind())}},
                as_count(number(list)));
  }
}

void add_lists(http::MetricsText& text, const Snapshot& snapshot, UtcTime now) {
  add_for_lists(text, snapshot, {"postern_list_entries", kGauge, "Entries, the expired included."},
                [](const lists::List& list) { return list.entries().size(); });
  add_for_lists(text, snapshot,
                {"postern_list_expired_entries", kGauge, "Entries that match nothing any more."},
                [now](const lists::List& list) { return list.expired(now); });
  add_for_lists(
      text, snapshot,
      {"postern_list_expiring_entries", kGauge, "Entries that are going to expire."},
      [now](const lists::List& list) { return list.entries().with_expiry() - list.expired(now); });
}

void add_rules(http::MetricsText& text, const Snapshot& snapshot, const config::Reloader& reloader,
               UtcTime now) {
  add_single(text, {"postern_rules_generation", kGauge, "Number of the rules in service."},
             snapshot.generation());
  add_single(text,
             {"postern_rules_loaded_timestamp_seconds", kGauge,
              "When they came into service, in Unix time; their age is time() less this."},
             in_seconds(reloader.since()));
  add_single(text, {"postern_rules_active", kGauge, "Rules that are looked at."},
             as_count(snapshot.rules().size()));
  add_reloads(text, reloader);
  add_lists(text, snapshot, now);
}

}  // namespace

std::string control_metrics(const ControlCall& call) {
  const ControlParts& parts = call.parts;
  const config::Settings& settings = parts.state.settings.current();
  const auto snapshot = parts.state.snapshots.current();
  const service::ServerStatus status = parts.server.status();
  http::MetricsText text(to_string(snapshot->door()));
  add_daemon(text, parts);
  add_decisions(text, parts.state.hits.counts());
  add_connections(text, status, settings, snapshot->door());
  add_shed(text, status, parts.state.hits);
  add_dns(text, status);
  add_cache(text, status.cache, settings.dns.cache.max_bytes);
  add_rules(text, *snapshot, parts.reloader, call.now);
  return text.take();
}

}  // namespace postern::control

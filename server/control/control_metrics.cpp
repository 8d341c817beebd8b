// /metrics. Each of its names stands in docs/metrics.md.
#include <algorithm>
#include <array>
#include <chrono>
#include <variant>
#include <vector>

#include "common/http/metrics_text.h"
#include "server/control/control_endpoints.h"
#include "server/control/upstreams_once.h"
#include "server/service/shadow.h"

namespace postern::control {
namespace {

using http::MetricsText;
using service::DecisionCounts;
using Event = DecisionCounts::Event;
using Series = DecisionCounts::Series;
constexpr auto kCounter = http::MetricType::counter;
constexpr auto kGauge = http::MetricType::gauge;

// A configuration with more lists is none that a person looks at one by one.
constexpr std::size_t kMaxLists = 1000;

// What the page is about, looked at once for all of its metrics.
struct Page {
  const ControlParts& parts;
  UtcTime now;
  const config::Settings& settings;
  std::shared_ptr<const Snapshot> snapshot;
  service::ServerStatus status;
  std::vector<Series> decisions;
  journal::Journal::Status journal;
  state::StoreStatus store;
  service::Shadow::Sums shadow;  // nothing where none runs

  [[nodiscard]] const service::Hits& hits() const { return parts.state.hits; }
  [[nodiscard]] const config::Reloader& reloader() const { return parts.reloader; }
};

// A metric has one sample without a label of its own, or writes its samples itself.
using Count = std::uint64_t (*)(const Page&);
using Real = double (*)(const Page&);
using Samples = void (*)(const Page&, MetricsText&);
struct Metric {
  http::MetricFamily family;
  std::variant<Count, Real, Samples> read;
};

std::uint64_t as_count(bool is_so) {
  return is_so ? 1 : 0;
}

double in_seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

double in_seconds(UtcTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

template <class Write>
void for_each_series(const Page& page, Event event, Write write) {
  for (const Series& one : page.decisions) {
    if (one.event == event) write(one);
  }
}

template <Event event>
void write_actions(const Page& page, MetricsText& text) {
  for_each_series(page, event, [&](const Series& one) {
    text.sample(
        {{"stage", to_string(one.stage)}, {"rule", one.rule}, {"action", to_string(one.action)}},
        one.count);
  });
}

void write_acts(const Page& page, MetricsText& text) {
  for_each_series(page, Event::acted, [&](const Series& one) {
    text.sample({{"stage", to_string(one.stage)}, {"rule", one.rule}}, one.count);
  });
}

void write_findings(const Page& page, MetricsText& text) {
  for_each_series(page, Event::found, [&](const Series& one) {
    text.sample({{"rule", one.rule}, {"check", one.check}, {"finding", one.finding}}, one.count);
  });
}

void write_latency(const Page& page, MetricsText& text) {
  constexpr auto& kBounds = service::LatencyHistogram::kBounds;
  const auto counts = page.hits().counts().latency();
  std::array<http::MetricBucket, kBounds.size()> buckets;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    buckets[i] = {in_seconds(kBounds[i]), counts.classes[i]};
  }
  text.histogram({}, buckets, counts.classes.back(), in_seconds(counts.sum));
}

// What there was no room for. Of all kinds from the start, so that the first one is an increase.
void write_shed(const Page& page, MetricsText& text) {
  const service::ServerStatus& status = page.status;
  text.sample({{"what", "connection"}}, status.refused_connections);
  text.sample({{"what", "dns_question"}},
              status.dns[static_cast<std::size_t>(dns::DnsReason::overloaded)]);
  text.sample({{"what", "dns_wait"}}, status.refused_waits);
  text.sample({{"what", "rules"}}, page.hits().cut_short());
  text.sample({{"what", "delay"}}, status.delays.skipped_full + status.delays.skipped_overloaded +
                                       status.delays.skipped_share);
  text.sample({{"what", "idle_connection"}}, status.evicted_connections);
  text.sample({{"what", "message"}}, status.refused_messages);
}

template <class Write>
void for_each_outcome(const resolver::DnsOutcomes::Counts& counts, Write write) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    write(static_cast<dns::DnsReason>(i), counts[i]);
  }
}

void write_questions(const Page& page, MetricsText& text) {
  for_each_outcome(page.status.dns, [&](dns::DnsReason reason, std::uint64_t number) {
    text.sample({{"outcome", to_string(reason)}}, number);
  });
}

// What is a daemon's own doing no server can answer.
bool comes_from_servers(dns::DnsReason reason) {
  return reason != dns::DnsReason::overloaded && reason != dns::DnsReason::circuit_open &&
         reason != dns::DnsReason::deadline;
}

void write_upstream_queries(const Page& page, MetricsText& text) {
  for (const resolver::UpstreamHealth& upstream : page.status.upstreams) {
    for_each_outcome(upstream.outcomes, [&](dns::DnsReason reason, std::uint64_t number) {
      if (!comes_from_servers(reason)) return;
      text.sample({{"upstream", upstream.server}, {"outcome", to_string(reason)}}, number);
    });
  }
}

// Of all answers from the first, so that the first refusal is an increase.
void write_dns_lists(const Page& page, MetricsText& text) {
  for (const auto& list : page.parts.state.dns_lists.of(*page.snapshot)) {
    for (const auto& [word, says] : kListWords) {
      text.sample({{"zone", list.zone}, {"answer", word}},
                  list.answers.at(static_cast<std::size_t>(says)));
    }
  }
}

void write_upstreams_down(const Page& page, MetricsText& text) {
  for (const resolver::UpstreamHealth& upstream : page.status.upstreams) {
    text.sample({{"upstream", upstream.server}}, as_count(upstream.down));
  }
}

void write_reloads(const Page& page, MetricsText& text) {
  for (const auto& [word, outcome] : config::kReloadOutcomes) {
    text.sample({{"result", word}}, page.reloader().count(outcome));
  }
}

// Of all results from the start, so that the first one is an increase.
void write_shadow(const Page& page, MetricsText& text) {
  for (const auto& [word, kind] : shadow::kKinds) {
    text.sample({{"result", word}}, page.shadow.counts[static_cast<std::size_t>(kind)].decisions);
  }
  text.sample({{"result", "dropped"}}, page.shadow.dropped);
  text.sample({{"result", "failed"}}, page.shadow.failed);
}

template <class Number>
void write_for_lists(const Page& page, MetricsText& text, Number number) {
  const auto& all = page.snapshot->lists();
  for (std::size_t i = 0; i < std::min(all.size(), kMaxLists); ++i) {
    const lists::List& list = *all[i];
    text.sample({{"list", list.name()}, {"kind", to_string(list.kind())}},
                std::uint64_t{number(list)});
  }
}

void write_spf_problems(const Page& page, MetricsText& text) {
  const auto& all = page.snapshot->lists();
  for (std::size_t i = 0; i < std::min(all.size(), kMaxLists); ++i) {
    if (all[i]->origin().spf.empty()) continue;
    const auto status = page.parts.state.spf_lists.find(all[i]->name());
    const bool is_known = status != page.parts.state.spf_lists.end();
    text.sample({{"list", all[i]->name()}},
                std::uint64_t{is_known ? status->second.problems.size() : 0});
  }
}

// In the order of docs/metrics.md.
const Metric kMetrics[] = {
    {{"postern_decisions_total", kCounter,
      "Decisions by the rule that made them, - when none did."},
     write_actions<Event::decided>},
    {{"postern_rule_acts_total", kCounter,
      "Actions of rules that do not decide: delay, prepend, log, skip."},
     write_acts},
    {{"postern_dry_run_actions_total", kCounter, "What rules in mode log would have done."},
     write_actions<Event::would>},
    {{"postern_findings_total", kCounter,
      "What checks found, by the rule that has the check, whatever it did then."},
     write_findings},
    {{"postern_decision_duration_seconds", http::MetricType::histogram,
      "From the complete request to the verdict, without a delay of the greeting."},
     write_latency},

    {{"postern_connections_open", kGauge, "Connections of the MTA."},
     [](const Page& page) { return page.status.open_connections; }},
    {{"postern_connections_limit", kGauge, "max_connections of the settings."},
     [](const Page& page) {
       return page.snapshot->door() == Door::milter ? page.settings.milter.max_connections
                                                    : page.settings.policyd.max_connections;
     }},
    {{"postern_connections_accepted_total", kCounter, "Connections that were taken."},
     [](const Page& page) { return page.status.accepted_connections; }},
    {{"postern_delays_active", kGauge, "Greetings that are being held back."},
     [](const Page& page) { return page.status.delays.held_now; }},
    {{"postern_delays_total", kCounter, "Greetings that were held back."},
     [](const Page& page) { return page.status.delays.held; }},
    {{"postern_shed_total", kCounter, "What was not done because a limit was reached."},
     write_shed},

    {{"postern_dns_questions_total", kCounter,
      "Questions that the cache did not answer, by what came of them."},
     write_questions},
    {{"postern_dns_upstream_queries_total", kCounter,
      "What each server was asked, by what came of it."},
     write_upstream_queries},
    {{"postern_dns_upstream_down", kGauge,
      "1 for a server that gives no sign of life, and is only probed."},
     write_upstreams_down},
    {{"postern_dns_list_answers_total", kCounter,
      "What each DNS list of the rules said, once for each decision in which it was asked."},
     write_dns_lists},
    {{"postern_dns_circuit_open", kGauge, "1 while no server answers, and none is asked."},
     [](const Page& page) { return as_count(page.status.circuit.open); }},
    {{"postern_dns_circuit_openings_total", kCounter, "How often that came about."},
     [](const Page& page) { return page.status.circuit.opened; }},
    {{"postern_dns_cache_names", kGauge, "Names that something is known of."},
     [](const Page& page) { return page.status.cache.entries; }},
    {{"postern_dns_cache_size_bytes", kGauge, "What they take, estimated."},
     [](const Page& page) { return page.status.cache.bytes; }},
    {{"postern_dns_cache_limit_bytes", kGauge, "dns.cache.max_size of the settings."},
     [](const Page& page) { return page.settings.dns.cache.max_bytes; }},
    {{"postern_dns_cache_hits_total", kCounter, "Look-ups that found an answer."},
     [](const Page& page) { return page.status.cache.hits; }},
    {{"postern_dns_cache_misses_total", kCounter, "Look-ups that found none."},
     [](const Page& page) { return page.status.cache.misses; }},
    {{"postern_dns_cache_evictions_total", kCounter, "Names that went to make room."},
     [](const Page& page) { return page.status.cache.evictions; }},

    {{"postern_rules_generation", kGauge, "Number of the rules in service."},
     [](const Page& page) { return page.snapshot->generation(); }},
    {{"postern_rules_loaded_timestamp_seconds", kGauge,
      "When they came into service, in Unix time; their age is time() less this."},
     [](const Page& page) { return in_seconds(page.reloader().since()); }},
    {{"postern_rules_active", kGauge, "Rules that are looked at."},
     [](const Page& page) { return page.snapshot->rules().size(); }},
    {{"postern_reloads_total", kCounter, "Looks at changed files, by what came of them."},
     write_reloads},
    {{"postern_reload_last_successful", kGauge,
      "0 when the files were faulty at the last look, or could not be read, and older rules go "
      "on."},
     [](const Page& page) {
       const config::ReloadOutcome last = page.reloader().last().outcome;
       return as_count(last == config::ReloadOutcome::done ||
                       last == config::ReloadOutcome::unchanged);
     }},
    {{"postern_reload_last_timestamp_seconds", kGauge, "When that was, in Unix time."},
     [](const Page& page) { return in_seconds(page.reloader().last().at); }},
    {{"postern_reload_last_duration_seconds", kGauge, "How long it took."},
     [](const Page& page) { return in_seconds(page.reloader().last().took); }},
    {{"postern_settings_restart_needed", kGauge,
      "Settings that differ from those in force until a restart."},
     [](const Page& page) { return page.reloader().restart_needed().size(); }},
    {{"postern_list_entries", kGauge, "Entries, the expired included."},
     [](const Page& page, MetricsText& text) {
       write_for_lists(page, text, [](const auto& list) { return list.entries().size(); });
     }},
    {{"postern_list_expired_entries", kGauge, "Entries that match nothing any more."},
     [](const Page& page, MetricsText& text) {
       write_for_lists(page, text, [&](const auto& list) { return list.expired(page.now); });
     }},
    {{"postern_list_expiring_entries", kGauge, "Entries that are going to expire."},
     [](const Page& page, MetricsText& text) {
       write_for_lists(page, text, [&](const auto& list) {
         return list.entries().with_expiry() - list.expired(page.now);
       });
     }},

    {{"postern_list_spf_problems", kGauge,
      "Domains of a list out of SPF whose networks are not what they publish now."},
     write_spf_problems},

    {{"postern_journal_records_total", kCounter, "Decisions that were written to the journal."},
     [](const Page& page) { return page.journal.records; }},
    {{"postern_journal_dropped_total", kCounter,
      "Decisions that were not, because the disk took none and no more could wait."},
     [](const Page& page) { return page.journal.dropped; }},
    {{"postern_journal_failing", kGauge, "1 while the journal cannot be written."},
     [](const Page& page) { return as_count(!page.journal.failing.empty()); }},
    {{"postern_journal_size_bytes", kGauge, "What it took on the disk at the last look."},
     [](const Page& page) { return page.journal.stored_bytes; }},

    {{"postern_store_records", kGauge, "Records of senders in the store."},
     [](const Page& page) { return page.store.records; }},
    {{"postern_store_size_bytes", kGauge, "What they take in the file."},
     [](const Page& page) { return page.store.bytes; }},
    {{"postern_store_limit_bytes", kGauge, "store.size of the settings."},
     [](const Page& page) { return page.store.max_bytes; }},
    {{"postern_store_effects_waiting", kGauge, "Effects that are to be written."},
     [](const Page& page) { return page.store.waiting; }},
    {{"postern_store_effects_written_total", kCounter, "Effects that were written."},
     [](const Page& page) { return page.store.written; }},
    {{"postern_store_effects_dropped_total", kCounter,
      "Effects that were not, because the store could not be used or no more could wait."},
     [](const Page& page) { return page.store.dropped; }},
    {{"postern_store_evictions_total", kCounter,
      "Records that went before their time, because the file was full."},
     [](const Page& page) { return page.store.evicted; }},
    {{"postern_store_swept_total", kCounter, "Records that went when their time was over."},
     [](const Page& page) { return page.store.swept; }},
    {{"postern_store_put_aside_total", kCounter, "Damaged files that were put aside."},
     [](const Page& page) { return page.store.put_aside; }},
    {{"postern_store_failing", kGauge, "1 while the store cannot be used."},
     [](const Page& page) { return as_count(!page.store.failing.empty()); }},
    {{"postern_store_shared_in_use", kGauge, "1 while the server that hosts share is in use."},
     [](const Page& page) {
       return as_count(!page.store.shared.server.empty() && page.store.shared.failing.empty());
     }},
    {{"postern_store_shared_answers_total", kCounter,
      "Records that were asked for, by who has answered: the server, what it has said of late, or "
      "this host in its place."},
     [](const Page& page, MetricsText& text) {
       text.sample({{"by", "server"}}, page.store.shared.answered);
       text.sample({{"by", "near"}}, page.store.shared.near);
       text.sample({{"by", "host"}}, page.store.shared.own);
     }},
    {{"postern_store_shared_effects_waiting", kGauge,
      "Effects that the server was not told of yet, or has not confirmed."},
     [](const Page& page) { return page.store.shared.waiting; }},
    {{"postern_store_shared_effects_confirmed_total", kCounter,
      "Effects that the server has confirmed."},
     [](const Page& page) { return page.store.shared.confirmed; }},
    {{"postern_store_shared_effects_dropped_total", kCounter,
      "Effects that this host alone may know of."},
     [](const Page& page) { return page.store.shared.dropped; }},
    {{"postern_store_shared_losses_total", kCounter, "How often the server went out of use."},
     [](const Page& page) { return page.store.shared.losses; }},

    {{"postern_shadow_running", kGauge, "1 while a candidate runs beside the rules."},
     [](const Page& page) { return as_count(page.parts.state.shadow.running() != nullptr); }},
    {{"postern_shadow_decisions_total", kCounter,
      "Decisions by what the candidate that runs came to; from 0 with each candidate."},
     write_shadow},

    {{"postern_build_info", kGauge, "Always 1; the version is in its label."},
     [](const Page& page, MetricsText& text) {
       text.sample({{"version", page.parts.state.version}}, std::uint64_t{1});
     }},
    {{"postern_start_time_seconds", kGauge, "When the daemon started, in Unix time."},
     [](const Page& page) { return in_seconds(page.parts.state.started); }},
};

void write_samples(const Metric& metric, const Page& page, MetricsText& text) {
  if (const auto* write = std::get_if<Samples>(&metric.read)) return (*write)(page, text);
  if (const auto* count = std::get_if<Count>(&metric.read)) return text.sample({}, (*count)(page));
  text.sample({}, std::get<Real>(metric.read)(page));
}

}  // namespace

std::string control_metrics(const ControlCall& call) {
  const service::DaemonState& state = call.parts.state;
  Page page{call.parts,
            call.now,
            state.settings.current(),
            state.snapshots.current(),
            call.parts.server.status(),
            state.hits.counts().series(),
            state.journal ? state.journal->status() : journal::Journal::Status{},
            state.store ? state.store->status() : state::StoreStatus{},
            state.shadow.running() ? state.shadow.running()->sums() : service::Shadow::Sums{}};
  page.status.upstreams = upstreams_once(page.status.upstreams);
  MetricsText text(to_string(page.snapshot->door()));
  for (const Metric& metric : kMetrics) {
    text.family(metric.family);
    write_samples(metric, page, text);
  }
  return text.take();
}

}  // namespace postern::control

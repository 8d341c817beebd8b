// /v1/status and /v1/reload.
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <fstream>

#include "common/json/parse_json.h"
#include "server/control/control_endpoints.h"
#include "server/control/control_json.h"
#include "server/service/memory_sum.h"
#include "server/service/shadow.h"

namespace postern::control {
namespace {

Mode strongest_mode(const Snapshot& snapshot) {
  Mode strongest = Mode::off;
  for (const Rule& rule : snapshot.rules()) strongest = std::max(strongest, rule.mode);
  return strongest;
}

// Null where no rules were to be tried.
json::value json_tried(const config::ReloadReport& report) {
  if (!report.tried) return nullptr;
  const config::TriedRules& tried = *report.tried;
  const bool known = !tried.not_tried;
  return json::object{{"candidate", json_text(report.candidate)},
                      {"since", known ? json::value(json_time(tried.since)) : nullptr},
                      {"decisions", tried.decisions},
                      {"undecided", tried.undecided},
                      {"good_mail_lost", tried.lost},
                      {"not_tried", json_text_or_null(tried.not_tried.value_or(""))},
                      {"incomplete", json_text_or_null(tried.incomplete.value_or(""))}};
}

json::object json_report(const config::ReloadReport& report) {
  return {{"at", json_time(report.at)},
          {"trigger", config::to_string(report.trigger)},
          {"outcome", config::to_string(report.outcome)},
          {"generation", report.generation},
          {"milliseconds", static_cast<double>(report.took.count()) / 1000},
          {"errors", report.diagnostics.errors()},
          {"not_kept", json_text_or_null(report.not_kept.value_or(""))},
          {"tried", json_tried(report)},
          {"diagnostics", json_diagnostics(report.diagnostics)}};
}

// Null of a list of another source.
json::value json_spf(const lists::List& list, const service::SpfListStatuses& statuses) {
  if (list.origin().spf.empty()) return nullptr;
  const auto known = statuses.find(list.name());
  const service::SpfListStatus status =
      known == statuses.end() ? service::SpfListStatus{} : known->second;
  json::array domains;
  for (const DomainName& domain : list.origin().spf) domains.push_back(json_text(domain.text()));
  return json::object{{"domains", std::move(domains)},
                      {"asked", json_time(status.asked)},
                      {"problems", json_texts(status.problems)},
                      {"left_out", json_texts(status.left_out)}};
}

json::array json_lists(const Snapshot& snapshot, const service::SpfListStatuses& statuses,
                       UtcTime now) {
  json::array lists;
  for (const auto& list : snapshot.lists()) {
    lists.push_back(json::object{{"name", json_text(list->name())},
                                 {"kind", lists::to_string(list->kind())},
                                 {"file", json_text(list->file())},
                                 {"entries", list->entries().size()},
                                 {"expired", list->expired(now)},
                                 {"spf", json_spf(*list, statuses)}});
  }
  return lists;
}

// In use, and not only in the settings: it could be opened.
json::value json_state(const config::Reloader& reloader, const config::Settings& settings) {
  if (!reloader.keeps_generations()) return nullptr;
  return json_text(settings.state_folder);
}

// 0 where the system does not tell (proc(5)).
std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

json::array json_upstreams(const std::vector<resolver::UpstreamHealth>& upstreams) {
  json::array array;
  for (const resolver::UpstreamHealth& upstream : upstreams) {
    array.push_back(json::object{{"server", json_text(upstream.server)},
                                 {"down", upstream.down},
                                 {"failures_in_a_row", upstream.failures_in_a_row},
                                 {"asked", upstream.asked},
                                 {"answered", upstream.answered}});
  }
  return array;
}

json::array json_dns_lists(const std::vector<service::DnsListHealth::Health>& lists) {
  json::array array;
  for (const auto& list : lists) {
    json::value trouble = nullptr;
    if (list.trouble) {
      trouble = json::object{{"answer", word_of(kListWords, list.trouble->says)},
                             {"detail", json_text(list.trouble->detail)},
                             {"since", json_time(list.trouble->since)}};
    }
    array.push_back(json::object{{"zone", json_text(list.zone)}, {"trouble", std::move(trouble)}});
  }
  return array;
}

void add_server(json::object& object, const service::ServerStatus& status,
                const config::Settings& settings, Door door) {
  const std::size_t max_connections =
      door == Door::milter ? settings.milter.max_connections : settings.policyd.max_connections;
  object["connections"] = json::object{{"open", status.open_connections},
                                       {"max", max_connections},
                                       {"refused", status.refused_connections},
                                       {"evicted", status.evicted_connections},
                                       {"waiting_for", json_text_or_null(status.waiting_for)}};
  object["delays"] = json::object{{"held_now", status.delays.held_now},
                                  {"held", status.delays.held},
                                  {"skipped_full", status.delays.skipped_full},
                                  {"skipped_overloaded", status.delays.skipped_overloaded},
                                  {"skipped_share", status.delays.skipped_share}};
  object["cache"] = json::object{{"names", status.cache.entries},
                                 {"bytes", status.cache.bytes},
                                 {"max_bytes", settings.dns.cache.max_bytes},
                                 {"hits", status.cache.hits},
                                 {"misses", status.cache.misses},
                                 {"evictions", status.cache.evictions}};
  const auto parts = service::memory_parts(settings, door, status.upstreams.size());
  object["memory"] =
      json::object{{"resident", resident_bytes()}, {"sum", service::memory_sum(parts)}};
  object["upstreams"] = json_upstreams(status.upstreams);
  object["circuit"] = json::object{{"open", status.circuit.open},
                                   {"seconds", status.circuit.open_for.count()},
                                   {"not_asked", status.circuit.not_asked},
                                   {"opened", status.circuit.opened}};
  object["shedding"] = json::object{{"now", status.shedding.now},
                                    {"seconds", status.shedding.since_ago.count()},
                                    {"questions", status.shedding.shed},
                                    {"domain", json_text(status.shedding.domain)}};
}

// Null where the settings want none.
json::value json_journal(const service::DaemonState& state) {
  if (!state.journal) return nullptr;
  const journal::Journal::Status status = state.journal->status();
  if (status.folder.empty()) return nullptr;
  return json::object{{"folder", json_text(status.folder)},
                      {"records", status.records},
                      {"bytes", status.bytes},
                      {"dropped", status.dropped},
                      {"segments", status.segments},
                      {"stored_bytes", status.stored_bytes},
                      {"failing", json_text_or_null(status.failing)}};
}

// Null where hosts share none.
json::value json_shared(const state::SharedStatus& shared) {
  if (shared.server.empty()) return nullptr;
  return json::object{{"server", json_text(shared.server)},
                      {"failing", json_text_or_null(shared.failing)},
                      {"answered", shared.answered},
                      {"answered_by_own", shared.own},
                      {"answered_near", shared.near},
                      {"waiting", shared.waiting},
                      {"confirmed", shared.confirmed},
                      {"dropped", shared.dropped},
                      {"losses", shared.losses}};
}

// Null where the settings want none.
json::value json_store(const service::DaemonState& state) {
  if (!state.store) return nullptr;
  const state::StoreStatus status = state.store->status();
  return json::object{{"file", json_text(status.file)},
                      {"records", status.records},
                      {"bytes", status.bytes},
                      {"max_bytes", status.max_bytes},
                      {"waiting", status.waiting},
                      {"written", status.written},
                      {"dropped", status.dropped},
                      {"evicted", status.evicted},
                      {"swept", status.swept},
                      {"put_aside", status.put_aside},
                      {"failing", json_text_or_null(status.failing)},
                      {"shared", json_shared(status.shared)}};
}

// Null where none runs.
json::value json_shadow_in_short(const service::Shadow* shadow) {
  if (shadow == nullptr) return nullptr;
  const shadow::Counts counts = shadow->sums().counts;
  return json::object{{"file", json_text(shadow->parts().file)},
                      {"since", json_time(shadow->parts().since)},
                      {"decisions", decisions_in(counts)},
                      {"differences", differences_in(counts)}};
}

struct ReloadWishes {
  config::ShrunkLists shrunk = config::ShrunkLists::refuse;
  config::FaultySettings faulty = config::FaultySettings::refuse;
  std::string accepted_loss;
};

// What the body of a reload asks for.
Result<ReloadWishes> wishes_of(const std::string& body) {
  ReloadWishes wishes;
  if (body.empty()) return wishes;
  const std::string want =
      R"(want {"accept_shrunk": true} or false, the same of "accept_faulty_settings", )"
      R"(and "accept_loss" with the name of a candidate)";
  const auto parsed = json::parse_json(body);
  if (!parsed) return failure(parsed.error().text + "; " + want);
  const json::object* object = parsed->if_object();
  if (object == nullptr) return failure("found no JSON object, " + want);
  for (const auto& [key, value] : *object) {
    if (key == "accept_loss") {
      if (!value.is_string()) return failure("found no text for \"accept_loss\", " + want);
      wishes.accepted_loss = value.get_string();
      continue;
    }
    const bool is_about_lists = key == "accept_shrunk";
    if (!is_about_lists && key != "accept_faulty_settings") {
      return failure("found the key \"" + std::string(key) + "\", " + want);
    }
    const bool* accept = value.if_bool();
    if (accept == nullptr) return failure("found another value than true or false, " + want);
    if (*accept && is_about_lists) wishes.shrunk = config::ShrunkLists::accept;
    if (*accept && !is_about_lists) wishes.faulty = config::FaultySettings::keep_running;
  }
  return wishes;
}

}  // namespace

ControlAnswer control_status(const ControlCall& call) {
  const ControlParts& parts = call.parts;
  const config::Settings& settings = parts.state.settings.current();
  const auto snapshot = parts.state.snapshots.current();
  const config::Reloader& reloader = parts.reloader;
  json::object status{
      {"daemon", json_text(parts.state.name)},
      {"version", json_text(parts.state.version)},
      {"door", to_string(snapshot->door())},
      {"pid", ::getpid()},
      {"started", json_time(parts.state.started)},
      {"settings_file", json_text(parts.state.settings_file)},
      {"rules_file", json_text(settings.rules_file)},
      {"generation", snapshot->generation()},
      {"since", json_time(reloader.since())},
      {"fingerprint", json_text(reloader.fingerprint())},
      {"mode", to_string(strongest_mode(*snapshot))},
      {"rules", snapshot->rules().size()},
      {"lists", json_lists(*snapshot, parts.state.spf_lists, call.now)},
      {"reload", json::object{{"done", reloader.count(config::ReloadOutcome::done)},
                              {"refused", reloader.count(config::ReloadOutcome::refused)},
                              {"postponed", reloader.count(config::ReloadOutcome::postponed)},
                              {"last", json_report(reloader.last())}}},
      {"dns_lists", json_dns_lists(parts.state.dns_lists.of(*snapshot))},
      {"restart_needed", json_texts(reloader.restart_needed())},
      {"generations_kept", reloader.keeps_generations()},
      {"not_kept", json_text_or_null(reloader.not_kept().value_or(""))},
      {"state", json_state(reloader, settings)},
      {"journal", json_journal(parts.state)},
      {"store", json_store(parts.state)},
      {"shadow", json_shadow_in_short(parts.state.shadow.running())},
      {"decisions", parts.state.hits.decisions()},
      {"headers_cut", parts.state.hits.cut_headers()},
      {"not_captured", parts.state.hits.not_captured()},
      {"decisions_cut_short", parts.state.hits.cut_short()}};
  add_server(status, parts.server.status(), settings, snapshot->door());
  return status;
}

ControlAnswer control_reload(const ControlCall& call) {
  const auto wishes = wishes_of(call.body);
  if (!wishes) return control_fault(wishes.error().text);
  json::object report;
  try {
    report = json_report(call.parts.reloader.reload(config::ReloadTrigger::control, wishes->shrunk,
                                                    wishes->faulty, wishes->accepted_loss));
  } catch (const std::exception& error) {
    if (call.parts.reloaded) call.parts.reloaded();
    return control_fault(
        std::string("reload failed: ") + error.what() + ", the old rules stay; it is tried again",
        500);
  }
  if (call.parts.reloaded) call.parts.reloaded();
  return report;
}

}  // namespace postern::control

// /v1/shadow.
#include <sys/stat.h>

#include <exception>
#include <utility>

#include "common/json/parse_json.h"
#include "server/config/configuration.h"
#include "server/config/generation_store.h"
#include "server/control/control_endpoints.h"
#include "server/control/control_json.h"
#include "server/service/shadow.h"

namespace postern::control {
namespace {

using service::Shadow;
using shadow::Kind;

constexpr const char* kWantedShadow =
    R"(want {"file": "/etc/postern/new/rules.yaml", "ask_dns": false})";

struct WantedShadow {
  std::string file;
  bool ask_dns = false;
};

Result<WantedShadow> wanted_in(const std::string& body) {
  const auto parsed = json::parse_json(body);
  if (!parsed) return failure(parsed.error().text + "; " + kWantedShadow);
  const json::object* object = parsed->if_object();
  if (object == nullptr) return failure(std::string("found no JSON object, ") + kWantedShadow);
  WantedShadow wanted;
  for (const auto& [key, value] : *object) {
    if (key == "file" && value.is_string()) {
      wanted.file = std::string(value.get_string());
    } else if (key == "ask_dns" && value.is_bool()) {
      wanted.ask_dns = value.get_bool();
    } else {
      return failure("found the key \"" + std::string(key) + "\", or its value, wrong; " +
                     kWantedShadow);
    }
  }
  if (!wanted.file.starts_with('/')) {
    return failure("found file=\"" + wanted.file + "\", want a path from the root");
  }
  return wanted;
}

json::value json_rule_name(const std::string& name) {
  return json_text_or_null(name);
}

// The action of both, and the rules that decide.
void add_row(json::object& object, const shadow::Row& row) {
  object["kind"] = to_string(row.kind);
  object["live"] = json_text(to_string(row.live));
  object["live_rule"] = json_rule_name(row.live_rule);
  const bool decided = row.kind != Kind::undecided;
  object["candidate"] = decided ? json::value(json_text(to_string(row.candidate))) : nullptr;
  object["rule"] = json_rule_name(row.rule);
  object["needs"] = json_text_or_null(row.needs);
}

json::object json_counts(const shadow::Counts& all) {
  json::object counts;
  for (const auto& [word, kind] : shadow::kKinds) {
    const shadow::Count& count = all[static_cast<std::size_t>(kind)];
    json::object& one = counts[word].emplace_object();
    one["decisions"] = count.decisions;
    if (kind != Kind::same) one["messages"] = count.messages;
  }
  return counts;
}

json::array json_rows(const shadow::Findings& findings) {
  json::array rows;
  for (const auto& [row, decisions] : findings.rows()) {
    json::object one;
    add_row(one, row);
    one["decisions"] = decisions;
    rows.push_back(std::move(one));
  }
  return rows;
}

json::array json_examples(const shadow::Findings& findings) {
  json::array examples;
  for (const shadow::Example& example : findings.examples()) {
    json::object one{
        {"number", example.number},
        {"at", json_time(std::chrono::floor<std::chrono::seconds>(example.time))},
        {"stage", to_string(example.stage)},
        {"client", json_text_or_null(example.client)},
        {"client_name", json_text_or_null(example.client_name)},
        {"sender", example.stage < Stage::mail ? json::value(nullptr) : json_text(example.sender)},
        {"recipient", json_text_or_null(example.recipient)},
        {"queue_id", json_text_or_null(example.queue_id)},
        {"entry", json_text_or_null(example.entry)},
        {"entry_at", json_text_or_null(example.place)}};
    add_row(one, example.row);
    examples.push_back(std::move(one));
  }
  return examples;
}

json::object json_shadow(const Shadow& shadow) {
  const Shadow::Parts& parts = shadow.parts();
  const Shadow::Status status = shadow.status();
  return {{"file", json_text(parts.file)},
          {"fingerprint", json_text(parts.fingerprint)},
          {"live_fingerprint", json_text(parts.live_fingerprint)},
          {"since", json_time(parts.since)},
          {"ask_dns", parts.dns != nullptr},
          {"rules", parts.rules->rules().size()},
          {"lists", parts.rules->lists().size()},
          {"decisions", decisions_in(status.sums.counts)},
          {"differences", differences_in(status.sums.counts)},
          {"counts", json_counts(status.sums.counts)},
          {"dropped", status.sums.dropped},
          {"failed", status.sums.failed},
          {"failure", json_text_or_null(status.failure)},
          {"by_rule", json_rows(status.findings)},
          {"examples", json_examples(status.findings)}};
}

json::object answer_about(const Shadow* shadow) {
  return {{"shadow", shadow == nullptr ? json::value(nullptr) : json_shadow(*shadow)}};
}

bool is_open_to_all(const std::string& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

// Whoever may ask here need not be able to read every file that the account of the daemon can: of
// such a file the place is told, and not what stands there.
Diagnostics told_to_all(const Diagnostics& found) {
  Diagnostics told;
  for (Diagnostic one : found.all()) {
    if (one.where.line > 0 && !is_open_to_all(one.where.file)) {
      one.message = "is not right; posternctl check says why";
    }
    told.add(one);
  }
  return told;
}

}  // namespace

ControlAnswer control_shadow(const ControlCall& call) {
  return answer_about(call.parts.state.shadow.running());
}

ControlAnswer control_start_shadow(const ControlCall& call) {
  const auto wanted = wanted_in(call.body);
  if (!wanted) return control_fault(wanted.error().text);
  service::DaemonState& state = call.parts.state;
  if (const Shadow* running = state.shadow.running()) {
    return control_fault("a shadow runs already: " + running->parts().file + " since " +
                             format_utc(running->parts().since),
                         409);
  }
  try {
    const auto live = state.snapshots.current();
    const config::RulesRead read =
        config::RuleSource::files(wanted->file, state.settings.current().state_folder)
            .load(config::load_target(state.settings.current(), live->door()), 0, live.get());
    json::object answer = answer_about(nullptr);
    if (read.snapshot) {
      Shadow::Parts parts{.file = wanted->file,
                          .rules = read.snapshot,
                          .fingerprint = config::fingerprint_of_files(read.files),
                          .live_fingerprint = call.parts.reloader.fingerprint(),
                          .since = call.now,
                          .live = state.snapshots,
                          .settings = state.settings,
                          .log = state.log};
      if (wanted->ask_dns) parts.dns = service::make_shadow_dns(state.settings.current().dns);
      state.shadow.exchange(std::make_unique<Shadow>(std::move(parts)));
      state.log.info("shadow started: " + std::to_string(read.snapshot->rules().size()) +
                     " rules, " + std::to_string(read.snapshot->lists().size()) + " lists from " +
                     wanted->file);
      answer = answer_about(state.shadow.running());
    }
    answer["errors"] = read.diagnostics.errors();
    answer["diagnostics"] = json_diagnostics(told_to_all(read.diagnostics));
    return answer;
  } catch (const std::exception& error) {  // no memory, or no thread
    return control_fault(std::string("the shadow cannot be started: ") + error.what(), 500);
  }
}

ControlAnswer control_drop_shadow(const ControlCall& call) {
  service::DaemonState& state = call.parts.state;
  const auto dropped = state.shadow.exchange(nullptr);
  json::object answer = answer_about(dropped.get());
  if (dropped) state.log.info("shadow dropped: " + sum_of(*dropped));
  return answer;
}

}  // namespace postern::control

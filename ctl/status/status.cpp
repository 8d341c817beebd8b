#include "ctl/status/status.h"

#include <algorithm>

#include "common/base/counted.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/cli/printing.h"

namespace postern::ctl {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string of_max(std::uint64_t count, std::uint64_t max) {
  return std::to_string(count) + " of " + std::to_string(max);
}

std::string reload_text(const DaemonAnswer& answer, UtcTime now) {
  const auto& reload = object_of(answer.body, "reload");
  const auto& last = last_reload(answer);
  const auto postponed = count_of(reload, "postponed");
  return text_of(last, "outcome") + " at " + time_with_age(text_of(last, "at"), now) + ", by " +
         text_of(last, "trigger") + "; " + std::to_string(count_of(reload, "done")) + " done, " +
         std::to_string(count_of(reload, "refused")) + " refused since the start" +
         (postponed > 0 ? ", " + std::to_string(postponed) + " put off" : "");
}

std::string cache_text(const boost::json::object& cache) {
  const std::uint64_t hits = count_of(cache, "hits");
  const std::uint64_t asked = hits + count_of(cache, "misses");
  std::string out = std::to_string(count_of(cache, "names")) + " names, " +
                    rough_size(count_of(cache, "bytes")) + " of " +
                    rough_size(count_of(cache, "max_bytes"));
  if (asked > 0) out += ", " + std::to_string(hits * 100 / asked) + " % hits";
  if (const auto evictions = count_of(cache, "evictions"); evictions > 0) {
    out += ", " + std::to_string(evictions) + " evicted";
  }
  return out;
}

std::string memory_text(const boost::json::object& memory) {
  return rough_size(count_of(memory, "resident")) + "; by the settings at most " +
         rough_size(count_of(memory, "sum")) + " beside rules and lists";
}

std::string server_text(const boost::json::object& server) {
  std::string out = text_of(server, "server");
  out += is_true(server, "down") ? " DOWN" : " well";
  return out + ", " + std::to_string(count_of(server, "answered")) + " of " +
         std::to_string(count_of(server, "asked")) + " answered";
}

std::string delays_text(const boost::json::object& delays) {
  std::string out = std::to_string(count_of(delays, "held_now")) + " held back now, " +
                    std::to_string(count_of(delays, "held")) + " in all";
  const auto skipped = count_of(delays, "skipped_full") + count_of(delays, "skipped_overloaded") +
                       count_of(delays, "skipped_share");
  if (skipped > 0) out += ", " + std::to_string(skipped) + " not held for want of room";
  return out;
}

void add_daemon(const DaemonAnswer& answer, UtcTime now, std::string& out) {
  const auto& body = answer.body;
  const auto& connections = object_of(body, "connections");
  out += "\n" + answer.daemon.name + "  generation " +
         std::to_string(count_of(answer.body, "generation")) + ", in force since " +
         time_with_age(text_of(body, "since"), now) + "\n";
  Rows rows{{"  runs", "since " + time_with_age(text_of(body, "started"), now) + ", pid " +
                           std::to_string(count_of(body, "pid")) + ", version " +
                           text_of(body, "version")},
            {"  rules", std::to_string(count_of(body, "rules")) + " in " +
                            text_of(body, "rules_file") + ", mode " + text_of(body, "mode")},
            {"  last reload", reload_text(answer, now)}};
  rows.push_back(
      {"  connections", of_max(count_of(connections, "open"), count_of(connections, "max")) + ", " +
                            std::to_string(count_of(connections, "refused")) + " refused; " +
                            std::to_string(count_of(body, "decisions")) + " decisions"});
  if (const auto cut = count_of(body, "headers_cut"); cut > 0) {
    rows.push_back(
        {"  headers", "more than is kept in " + counted(cut, "message") + " (cut= in the log)"});
  }
  if (const auto left = count_of(body, "not_captured"); left > 0) {
    rows.push_back({"  captures", "not redirected or copied: " + counted(left, "message") +
                                      ", as the MTA does not offer to change recipients"});
  }
  rows.push_back({"  greetings", delays_text(object_of(body, "delays"))});
  rows.push_back({"  DNS cache", cache_text(object_of(body, "cache"))});
  if (const auto& journal = object_of(body, "journal"); !journal.empty()) {
    rows.push_back({"  journal", journal_text(journal)});
  }
  if (const auto& store = object_of(body, "store"); !store.empty()) {
    rows.push_back({"  store", store_text(store)});
  }
  if (const auto& shadow = object_of(body, "shadow"); !shadow.empty()) {
    rows.push_back({"  shadow", text_of(shadow, "file") + ", since " +
                                    time_with_age(text_of(shadow, "since"), now) + ": " +
                                    std::to_string(count_of(shadow, "differences")) + " of " +
                                    std::to_string(count_of(shadow, "decisions")) +
                                    " decisions differ"});
  }
  rows.push_back({"  memory", memory_text(object_of(body, "memory"))});
  for (const auto& server : array_of(body, "upstreams")) {
    rows.push_back({"  name server", server_text(as_object(server))});
  }
  if (!is_true(body, "generations_kept") && text_of(body, "not_kept").empty()) {
    rows.push_back({"  generations", "not kept ('state:' in the settings), so no rollback"});
  }
  out += as_columns(rows);
  // Of those that run the warnings stand on top.
  if (!is_behind(answer)) return;
  out += diagnostics_of(last_reload(answer)).to_string();
}

// Those of the first daemon that has each: with equal rules, all of them.
void add_lists(const std::vector<DaemonAnswer>& answers, std::string& out) {
  Rows rows;
  for (const DaemonAnswer& answer : answers) {
    for (const auto& item : array_of(answer.body, "lists")) {
      const auto& list = as_object(item);
      const std::string name = text_of(list, "name");
      const bool known = std::any_of(rows.begin(), rows.end(),
                                     [&](const auto& row) { return row.front() == "  " + name; });
      if (known) continue;
      const auto expired = count_of(list, "expired");
      rows.push_back({"  " + name, text_of(list, "kind"),
                      std::to_string(count_of(list, "entries")) + " entries" +
                          (expired > 0 ? ", " + std::to_string(expired) + " expired" : ""),
                      text_of(list, "file")});
    }
  }
  if (!rows.empty()) out += "\nlists\n" + as_columns(rows);
}

}  // namespace

std::string status_text(const std::vector<DaemonAnswer>& answers,
                        const std::vector<StatusProblem>& problems, UtcTime now) {
  std::string out;
  for (const StatusProblem& problem : problems) {
    out += (problem.severity == CtlExit::ok ? "note: " : "PROBLEM: ") + problem.text + "\n";
  }
  if (exit_of(problems) == CtlExit::ok) {
    out += "well: all daemons answer, and run what the files on disk say\n";
  }
  for (const DaemonAnswer& answer : answers) {
    if (answer.ok()) add_daemon(answer, now, out);
  }
  add_lists(answers, out);
  return out;
}

namespace {

// As the daemons would read them now.
std::optional<std::string> fingerprint_on_disk(const config::Settings& settings) {
  const auto read = load_rules_on_disk(settings);
  for (const config::SourceFile& file : read.files) {
    if (!file.identity.there) return std::nullopt;
  }
  return config::fingerprint_of_files(read.files);
}

boost::json::object json_status(const std::vector<DaemonAnswer>& answers,
                                const std::vector<StatusProblem>& problems) {
  boost::json::array told;
  for (const StatusProblem& problem : problems) {
    const char* severity = problem.severity == CtlExit::ok ? "note" : "problem";
    told.push_back({{"severity", severity}, {"message", problem.text}});
  }
  return {{"well", exit_of(problems) == CtlExit::ok},
          {"problems", told},
          {"daemons", json_answers(answers, "status")}};
}

CtlExit run_status(const CommandContext& context) {
  const auto [settings, faults, barred] = settings_in_use(context);
  const auto answers = ask_daemons(daemons_of(settings), {"GET", "/v1/status", {}}, kQuickAnswer,
                                   print_waiting(context.console));
  auto problems =
      barred ? problems_but_of_files(answers) : problems_of(answers, fingerprint_on_disk(settings));
  if (faults > 0) problems.insert(problems.begin(), faulty_settings(context.settings_file, faults));
  if (context.console.is_json()) {
    context.console.json(json_status(answers, problems));
  } else {
    const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
    context.console.page(status_text(answers, problems, now));
  }
  return exit_of(problems);
}

}  // namespace

extern const Command kStatusCommand{
    "status", "Says how the daemons are doing, and first what is wrong",
    "Examples:\n"
    "  posternctl status\n"
    "  posternctl status --json | jq .problems\n"
    "Says which generation of the rules each daemon has in force and since when, how the last\n"
    "reload ended, connections, cache and name servers; and whether the daemons differ from "
    "each\n"
    "other or from the files on disk. Writes nothing. 1: something is wrong; 3: one is silent.",
    prepare<run_status>};

}  // namespace postern::ctl
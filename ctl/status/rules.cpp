// `posternctl rules`: how often rules and entries have hit, over both doors together.
#include <algorithm>
#include <boost/json.hpp>
#include <string>

#include "common/base/escape.h"
#include "ctl/cli/hit_counts.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/cli/printing.h"

namespace postern::ctl {
namespace {

struct RulesOptions {
  std::string list;    // empty: all rules, and the lists in short
  bool never = false;  // of the list: the entries that never hit
};

constexpr const char* kMostEntries = "10000";  // docs/control.md

using Rows = std::vector<std::vector<std::string>>;

// Those that answered; the others are told of.
std::vector<DaemonAnswer> answered(std::vector<DaemonAnswer> answers, CtlExit& exit,
                                   const CommandContext& context) {
  exit = std::max(exit, print_faults(answers, context.console));
  std::erase_if(answers, [](const DaemonAnswer& answer) { return !answer.ok(); });
  return answers;
}

std::string since_line(const std::vector<DaemonAnswer>& answers) {
  std::string out;
  for (const DaemonAnswer& answer : answers) {
    out += answer.daemon.name + ": " + std::to_string(count_of(answer.body, "decisions")) +
           " decisions since " + text_of(answer.body, "started") + "\n";
  }
  return out;
}

std::string when(const std::string& last, UtcTime now) {
  return last.empty() ? "never" : time_with_age(last, now);
}

std::string rules_text(const std::vector<DaemonAnswer>& answers, UtcTime now) {
  Rows rows{{"hits", "rule", "last", ""}};
  for (const RuleCount& rule : sum_rules(answers)) {
    rows.push_back({std::to_string(rule.hits), rule.name, when(rule.last, now), rule.at});
    if (rule.mode == "log") {
      rows.back()[3] += " (mode log: would have acted " + std::to_string(rule.would) +
                        " times, last " + when(rule.would_last, now) + ")";
    }
  }
  return since_line(answers) + "\n" + as_columns(rows);
}

// How many entries of a list have been hit is counted by each daemon for itself: entries that both
// have hit are not two.
std::string lists_text(const std::vector<DaemonAnswer>& answers) {
  Rows rows;
  for (const DaemonAnswer& answer : answers) {
    for (const auto& item : array_of(answer.body, "lists")) {
      const auto& list = as_object(item);
      const std::string hit =
          std::to_string(count_of(list, "hit")) + " hit (" + answer.daemon.short_name() + ")";
      const std::string name = text_of(list, "name");
      const auto row = std::find_if(rows.begin(), rows.end(),
                                    [&](const auto& other) { return other.front() == name; });
      if (row != rows.end()) {
        row->back() += ", " + hit;
        continue;
      }
      rows.push_back({name, text_of(list, "kind"),
                      std::to_string(count_of(list, "entries")) + " entries", text_of(list, "file"),
                      hit});
    }
  }
  return rows.empty() ? "" : "\n" + as_columns(rows);
}

boost::json::array json_rules(const std::vector<DaemonAnswer>& answers) {
  boost::json::array out;
  for (const RuleCount& rule : sum_rules(answers)) {
    out.push_back({{"name", rule.name},
                   {"mode", rule.mode},
                   {"at", rule.at},
                   {"hits", rule.hits},
                   {"last", rule.last.empty() ? boost::json::value() : rule.last.c_str()},
                   {"would", rule.would}});
  }
  return out;
}

boost::json::object json_entry(const EntryCount& entry) {
  return {{"entry", entry.entry},
          {"line", entry.line},
          {"hits", entry.hits},
          {"last", entry.last.empty() ? boost::json::value() : entry.last.c_str()},
          {"reason", entry.reason}};
}

std::vector<DaemonAnswer> ask_entries(const std::vector<DaemonPlace>& daemons,
                                      const std::string& list, const std::string& hit,
                                      const CommandContext& context) {
  return ask_daemons(
      daemons,
      {"GET",
       "/v1/entries?list=" + percent_encoded(list) + "&hit=" + hit + "&limit=" + kMostEntries,
       {}},
      kQuickAnswer, print_waiting(context.console));
}

CtlExit print_entries(const RulesOptions& options, const std::vector<DaemonPlace>& daemons,
                      const CommandContext& context) {
  CtlExit exit = CtlExit::ok;
  const auto hit = answered(ask_entries(daemons, options.list, "yes", context), exit, context);
  if (hit.empty()) return exit;
  auto entries = sum_entries(hit);
  if (options.never) {
    // One daemon's is enough to begin with: what the others have not hit is in it, too.
    const auto never =
        answered(ask_entries({hit.front().daemon}, options.list, "no", context), exit, context);
    if (never.empty()) return exit;
    entries = never_hit(never.front(), entries);
  }
  if (context.console.is_json()) {
    boost::json::array shown;
    for (const EntryCount& entry : entries) shown.push_back(json_entry(entry));
    context.console.json(boost::json::object{{"list", printable(options.list)},
                                             {"entries", count_of(hit.front().body, "entries")},
                                             {"shown", shown}});
    return exit;
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  Rows rows{{"hits", "entry", "line", "last", ""}};
  rows.reserve(entries.size() + 1);
  for (const EntryCount& entry : entries) {
    rows.push_back({std::to_string(entry.hits), entry.entry, std::to_string(entry.line),
                    when(entry.last, now), entry.reason});
  }
  context.console.line("list ", options.list, ": ", count_of(hit.front().body, "entries"),
                       " entries, ", entries.size(),
                       options.never ? " that never hit" : " that hit");
  context.console.page(as_columns(rows));
  return exit;
}

CtlExit run_rules(const RulesOptions& options, const CommandContext& context) {
  const auto daemons = daemons_of(settings_in_use(context).settings);
  if (!options.list.empty()) return print_entries(options, daemons, context);
  CtlExit exit = CtlExit::ok;
  const auto answers = answered(
      ask_daemons(daemons, {"GET", "/v1/rules", {}}, kQuickAnswer, print_waiting(context.console)),
      exit, context);
  if (answers.empty()) return exit;
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"rules", json_rules(answers)}});
  } else {
    const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
    context.console.page(rules_text(answers, now) + lists_text(answers));
  }
  return exit;
}

std::vector<OptionRow> rules_options(RulesOptions& to) {
  return {{"--list LIST", "The entries of this list", &to.list},
          {"--never", "Those that never hit", &to.never, {.needs = {"--list"}}}};
}

}  // namespace

extern const Command kRulesCommand{
    "rules", "Says how often rules and list entries have hit",
    "Examples:\n"
    "  posternctl rules                          every rule, both daemons together\n"
    "  posternctl rules --list campaign          the entries that hit\n"
    "  posternctl rules --list campaign --never  and those that could go\n"
    "Counts since the daemons started. Writes nothing.",
    prepare<rules_options, run_rules>};

}  // namespace postern::ctl

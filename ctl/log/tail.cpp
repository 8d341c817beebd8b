// `posternctl tail`: the decisions of both daemons in one stream, as they are made.
#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/nearest_word.h"
#include "ctl/cli/command.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/json_read.h"
#include "ctl/log/daemon_logs.h"
#include "ctl/log/decision_filter.h"
#include "ctl/log/decision_row.h"
#include "rules/model/action.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

// Of each log so much is looked at for the rows to begin with.
constexpr std::size_t kLastBytes = std::size_t{16} << 20;
constexpr const char* kLastOfJournal = "--lines=20000";
constexpr std::chrono::milliseconds kReadEvery{250};
constexpr int kMostLines = 100000;
// Of a question whose answer only a note needs.
constexpr std::chrono::milliseconds kPatienceOfNote{500};

struct TailOptions : FollowOptions {
  std::size_t lines = 10;
  DecisionFilter filter;
  std::string client;
  std::string sender_domain;
  std::string instance;
};

void print(const LogEntry& entry, const CommandContext& context) {
  if (!context.console.is_json()) {
    context.console.page(decision_row(entry, context.colours) + "\n");
    return;
  }
  boost::json::object shown{{"time", control::json_time(entry.time)}};
  for (const auto& [key, value] : entry.fields) shown[key] = control::json_text(value.text);
  context.console.json(shown);
}

Result<DecisionFilter> filter_of(const TailOptions& options) {
  DecisionFilter filter = options.filter;
  if (options.client.empty() && options.sender_domain.empty() && options.instance.empty()) {
    return filter;
  }
  auto mail = explain::parse_trace_filter(options.client, options.sender_domain, options.instance);
  if (!mail) return tl::unexpected(mail.error());
  filter.mail = std::move(*mail);
  return filter;
}

// The last of what is there, of all logs in the order of time.
Result<void> print_last(DaemonLogs& logs, const DecisionFilter& filter, std::size_t lines,
                        const CommandContext& context) {
  std::multimap<std::optional<UtcTime>, LogEntry> last;
  auto read = logs.read([&](LogEntry entry) {
    if (!filter.matches(entry.fields)) return;
    last.emplace(entry.time, std::move(entry));
    if (last.size() > lines) last.erase(last.begin());
  });
  for (const auto& [time, entry] : last) print(entry, context);
  return read;
}

// Whoever mistypes a rule would wait for it for ever. What other hosts run, nobody here knows.
void note_unknown_rule(const TailOptions& options, const CommandContext& context) {
  Diagnostics ignored;
  const std::string& rule = options.filter.rule;
  if (rule.empty() || !options.files.empty()) return;
  const auto settings = read_settings_of_any_door(context.settings_file, ignored);
  if (!settings) return;
  std::vector<std::string> known;
  for (const DaemonAnswer& answer :
       ask_daemons(daemons_of(*settings), {"GET", "/v1/rules", {}}, kPatienceOfNote)) {
    if (!answer.ok()) continue;
    for (const auto& item : array_of(answer.body, "rules")) {
      known.push_back(text_of(as_object(item), "name"));
    }
  }
  if (known.empty() || std::ranges::find(known, rule) != known.end()) return;
  const auto nearest = nearest_word(rule, known);
  context.console.note("no rule '", rule, "' runs now",
                       nearest ? "; did you mean '" + *nearest + "'?" : "");
}

CtlExit run_tail(const TailOptions& options, const CommandContext& context) {
  const auto fail = [&](const Error& error, CtlExit exit) {
    context.console.error(error.text);
    return exit;
  };
  const auto filter = filter_of(options);
  if (!filter) return fail(filter.error(), CtlExit::usage);
  note_unknown_rule(options, context);
  auto logs = DaemonLogs::open(options, {kLastBytes, kLastOfJournal}, context);
  if (!logs) return fail(logs.error(), CtlExit::failed);
  const auto print_new = [&](const LogEntry& entry) {
    if (!filter->matches(entry.fields)) return;
    print(entry, context);
    context.console.flush();
  };
  auto read = logs->is_stream() ? logs->read(print_new)
                                : print_last(*logs, *filter, options.lines, context);
  while (read && !options.once && !logs->is_stream() && context.console.is_read()) {
    context.console.flush();
    std::this_thread::sleep_for(kReadEvery);
    read = logs->read(print_new);
  }
  return read ? CtlExit::ok : fail(read.error(), CtlExit::failed);
}

std::vector<OptionRow> tail_options(TailOptions& to) {
  return {{"[FILE]", kFollowedFiles, &to.files},
          {"--lines NUMBER", "So many of those that are there already",
           NumberWithin{&to.lines, 0, kMostLines}},
          {"--once", "Do not wait for more", &to.once},
          {"--door", "Of this door only", one_of(to.filter.door, {"policy", "milter"})},
          {"--action", "What was decided",
           one_of(to.filter.action, {"reject", "defer", "discard", "hold", "redirect", "pass"})},
          {"--rule RULE", "That decided, acted too, or would have", &to.filter.rule},
          {"--client ADDRESS", "An address or a network", &to.client},
          {"--sender-domain DOMAIN", "Of the envelope sender; .a.example is all below it, too",
           &to.sender_domain},
          {"--instance ID", "One message: instance or queue_id of its lines", &to.instance}};
}

}  // namespace

extern const Command kTailCommand{
    "tail", "Shows the decisions of both daemons as they are made",
    "Examples:\n"
    "  posternctl tail --action reject                   what is refused, and by what\n"
    "  posternctl tail --client 192.0.2.0/24 --lines 50\n"
    "  ssh mx2 journalctl -fu \"'postern-*'\" -o json | posternctl tail --rule campaign -\n"
    "From the log file of the settings, also when it is rotated, or from the journal, until it is\n"
    "interrupted. Colours on a terminal, unless NO_COLOR is set. Writes nothing.",
    prepare<tail_options, run_tail>};

}  // namespace postern::ctl

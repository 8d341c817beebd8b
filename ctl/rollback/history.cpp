// `posternctl history`: who has changed what, with posternctl or by an edit of
// the files.
#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>

#include "common/os/accounts.h"
#include "ctl/cli/installation.h"
#include "ctl/cli/printing.h"
#include "ctl/rollback/history_report.h"
#include "ctl/rollback/kept_generations.h"
#include "ctl/rollback/reloads_from_files.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

// More a person does not look at.
constexpr std::size_t kMostKeptLines = 1000;

constexpr int kMostEntries = 1000000;

struct HistoryOptions {
  std::string show;           // `show`: one entry; empty: all, the latest first
  std::optional<int> number;  // of that one
  std::size_t most = 20;
};

CtlExit show_entry(int number, const EditHistory& history, const config::Settings& settings,
                   const CommandContext& context) {
  const HistoryEntry* entry = history.find(number);
  if (entry == nullptr) {
    context.console.error("the history has no entry ", number);
    return CtlExit::no;
  }
  if (context.console.is_json()) {
    context.console.json(json_of(*entry, history, settings));
  } else {
    print_entry(*entry, history, context);
    print_lines(entry->changes, hidden_in(entry->changes, settings), context);
  }
  return CtlExit::ok;
}

// One of both.
struct Shown {
  UtcTime at;
  const HistoryEntry* entry = nullptr;
  const ReloadFromFiles* reload = nullptr;
};

// The latest first.
std::vector<Shown> in_order(const std::vector<HistoryEntry>& entries,
                            const std::vector<ReloadFromFiles>& reloads) {
  std::vector<Shown> all;
  all.reserve(entries.size() + reloads.size());
  for (const HistoryEntry& entry : entries) all.push_back({entry.at, &entry});
  for (const ReloadFromFiles& reload : reloads) {
    all.push_back({reload.generation->since, nullptr, &reload});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Shown& one, const Shown& other) { return one.at < other.at; });
  std::reverse(all.begin(), all.end());
  return all;
}

std::vector<FileChange> changes_of(const ReloadFromFiles& reload) {
  std::vector<FileChange> changes;
  for (const std::string& path : reload.paths) {
    changes.push_back(change_between({path, kept_text(file_of(*reload.before, path)),
                                      kept_text(file_of(*reload.generation, path))},
                                     kMostKeptLines));
  }
  return changes;
}

// Whoever owns the files: nobody says who has edited them.
std::string owner_of(const ReloadFromFiles& reload) {
  struct stat file {};
  return ::stat(reload.paths.front().c_str(), &file) == 0 ? os::name_of_user(file.st_uid)
                                                          : "somebody";
}

void print_reload(const ReloadFromFiles& reload, const CommandContext& context) {
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  context.console.line("files  ", time_with_age(format_utc(reload.generation->since), now), "  ",
                       owner_of(reload));
  context.console.line("    read from files as generation ", reload.generation->number,
                       "; see posternctl diff ", reload.before->number, " ",
                       reload.generation->number);
  context.console.line("    ", in_short(changes_of(reload), context));
}

boost::json::object json_of(const ReloadFromFiles& reload, const config::Settings& settings) {
  const auto changes = changes_of(reload);
  return {{"number", nullptr},
          {"at", format_utc(reload.generation->since)},
          {"owner", control::json_text(owner_of(reload))},
          {"generation", reload.generation->number},
          {"before", reload.before->number},
          {"files", json_of(changes, hidden_in(changes, settings))}};
}

CtlExit show_latest(std::size_t most, const EditHistory& history, const config::Settings& settings,
                    const CommandContext& context) {
  const Console& console = context.console;
  // Where none are kept nobody knows of edits by hand.
  const auto store = kept_generations(settings, context.settings_file);
  const auto kept = store ? store->list() : std::vector<config::StoredGeneration>();
  const auto reloads = reloads_from_files(kept, history.entries());
  auto shown = in_order(history.entries(), reloads);
  shown.resize(std::min(most, shown.size()));
  boost::json::array json;
  for (const auto& [at, entry, reload] : shown) {
    if (console.is_json()) {
      json.push_back(entry != nullptr ? json_of(*entry, history, settings)
                                      : json_of(*reload, settings));
    } else if (entry != nullptr) {
      print_entry(*entry, history, context);
    } else {
      print_reload(*reload, context);
    }
  }
  if (console.is_json()) {
    console.json(boost::json::object{{"entries", json}});
  } else if (shown.empty()) {
    console.line("nobody has changed anything here");
  }
  return shown.empty() ? CtlExit::no : CtlExit::ok;
}

CtlExit run_history(const HistoryOptions& options, const CommandContext& context) {
  if (!options.show.empty() && !options.number) {
    context.console.error("show: want the number of an entry, as posternctl history has it");
    return CtlExit::usage;
  }
  const config::Settings settings = settings_in_use(context).settings;
  const auto history = EditHistory::beside(settings.rules_file);
  if (!history) {
    context.console.error(history.error().text);
    return CtlExit::failed;
  }
  return options.number ? show_entry(*options.number, *history, settings, context)
                        : show_latest(options.most, *history, settings, context);
}

std::vector<OptionRow> history_options(HistoryOptions& to) {
  return {{"[show]", "Only one entry, with its lines", one_of(to.show, {"show"})},
          {"[NUMBER]", "Which one", parsed(to.number, number_of_entry)},
          {"--most NUMBER", "So many, the latest first", NumberWithin{&to.most, 1, kMostEntries}}};
}

}  // namespace

extern const Command kHistoryCommand{
    "history", "Says who has changed what, and how",
    "Examples:\n"
    "  posternctl history          the latest 20 changes\n"
    "  posternctl history show 12  the lines that one has changed\n"
    "Changes by posternctl have numbers, for undo. What was edited by hand is "
    "among them, as far\n"
    "as generations are kept. Writes nothing. 1: there is none.",
    prepare<history_options, run_history>};

}  // namespace postern::ctl

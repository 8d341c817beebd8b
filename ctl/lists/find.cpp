// `posternctl find`: is this value anywhere, and what is done by it?
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "ctl/cli/installation.h"
#include "ctl/cli/printing.h"
#include "ctl/lists/entry_words.h"
#include "ctl/lists/find_entries.h"
#include "ctl/lists/list_editor.h"
#include "ctl/lists/list_file.h"
#include "ctl/lists/removed_entries.h"
#include "ctl/lists/value_place.h"
#include "ctl/rollback/history_report.h"
#include "ctl/rollback/kept_generations.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

// Of more a person wants none.
constexpr std::size_t kMostShown = 1000;

struct FindOptions {
  std::string value;
  bool removed = false;  // what was there once, and not what is there
};

struct FoundEntries {
  std::vector<ListedEntry> shown;
  std::size_t more = 0;
};

// Whoever may not read a file is not shown its entries (server/config/hidden_files.h).
FoundEntries find_entries(const RulesOnDisk& rules, const std::string& value) {
  FoundEntries found;
  for (const lists::List* list : all_lists(*rules.read.snapshot)) {
    for (const lists::EntryId id : entries_about(*list, value)) {
      if (found.shown.size() < kMostShown) {
        found.shown.push_back({list, id});
      } else {
        ++found.more;
      }
    }
  }
  return found;
}

boost::json::object json_of(const RemovedEntry& entry) {
  boost::json::object shown{
      {"file", control::json_text(entry.file)},   {"line", entry.line},
      {"text", control::json_text(entry.text)},   {"generation", entry.generation},
      {"until", control::json_time(entry.until)}, {"removed_by", nullptr}};
  if (entry.removal) {
    shown["removed_by"] = {{"number", entry.removal->number},
                           {"user", control::json_text(entry.removal->caller.user)},
                           {"at", format_utc(entry.removal->at)},
                           {"command", control::json_text(entry.removal->caller.command)}};
  }
  return shown;
}

void print(const RemovedEntry& entry, const CommandContext& context) {
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  const Console& console = context.console;
  console.line(explain::short_path(entry.file, context.settings_file), ":", entry.line, ": ",
               entry.text);
  console.line("    last in generation ", entry.generation,
               entry.until ? ", until " + time_with_age(format_utc(*entry.until), now) : "");
  if (!entry.removal) return;
  console.line("    removed by ", who(entry.removal->caller), ", number ", entry.removal->number,
               " of the history: ", entry.removal->caller.command);
}

CtlExit find_removed(const RulesOnDisk& rules, const std::string& value,
                     const CommandContext& context) {
  const Console& console = context.console;
  const auto store = kept_generations(rules.settings, context.settings_file);
  if (!store) {
    console.error(store.error().text);
    return CtlExit::failed;
  }
  const auto history = EditHistory::beside(rules.settings.rules_file);
  if (!history) console.note(history.error().text);
  const auto entries = removed_entries(rules, value, *store, history ? *history : EditHistory());
  if (console.is_json()) {
    boost::json::array removed;
    for (const RemovedEntry& entry : entries) removed.push_back(json_of(entry));
    console.json(boost::json::object{{"removed", removed}});
  } else {
    for (const RemovedEntry& entry : entries) print(entry, context);
    if (entries.empty())
      console.line("no kept generation has more about ", value, " than the files");
  }
  return entries.empty() ? CtlExit::no : CtlExit::ok;
}

// What is no value at all is nowhere, which would say nothing of what was meant.
Result<void> check_value(const std::string& value) {
  const ValuePlace place = place_of(value);
  const auto canonical = canonical_entry(*list_kind_of(place.attribute), place.entry);
  if (canonical) return {};
  return failure("'" + value + "' could stand nowhere: " + canonical.error().text);
}

CtlExit run_find(const FindOptions& options, const CommandContext& context) {
  if (const auto good = check_value(options.value); !good) {
    context.console.error(good.error().text);
    return CtlExit::usage;
  }
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  if (options.removed) return find_removed(*rules, options.value, context);
  const Console& console = context.console;
  const FoundEntries found = find_entries(*rules, options.value);
  const EntryWords words(*rules, found.shown, context);
  if (console.is_json()) {
    boost::json::array entries;
    for (const ListedEntry& entry : found.shown) {
      boost::json::object shown = words.json(entry);
      boost::json::array uses;
      for (const std::string& use : uses_of_entry(*rules->read.snapshot, *entry.list, entry.id)) {
        uses.push_back(control::json_text(use));
      }
      shown["rules"] = std::move(uses);
      entries.push_back(std::move(shown));
    }
    console.json(boost::json::object{{"entries", entries}, {"more", found.more}});
    return found.shown.empty() ? CtlExit::no : CtlExit::ok;
  }
  for (const ListedEntry& entry : found.shown) {
    console.line(words.line(entry));
    const auto uses = uses_of_entry(*rules->read.snapshot, *entry.list, entry.id);
    for (const std::string& use : uses) console.line("    ", use);
    if (uses.empty()) console.line("    no rule uses the list");
  }
  if (found.more > 0) console.line("and ", found.more, " more");
  if (found.shown.empty()) console.line("no list and no rule has ", options.value);
  return found.shown.empty() ? CtlExit::no : CtlExit::ok;
}

std::vector<OptionRow> find_options(FindOptions& to) {
  return {{"VALUE|ENTRY", "As given to block: a name, an address, a network", &to.value},
          {"--removed", "What was there once: looks through the generations that are kept",
           &to.removed}};
}

}  // namespace

extern const Command kFindCommand{
    "find", "Says where a value stands, and what is done by it",
    "Examples:\n"
    "  posternctl find phish.example      entries that match it, whatever the list\n"
    "  posternctl find .phish.example     and the names below it that are entries\n"
    "  posternctl find 192.0.2.7 --removed    was it there, and who took it out\n"
    "Looks into all lists and rules on disk, also at entries that have expired. Writes nothing. "
    "1:\n"
    "it is nowhere.",
    prepare<find_options, run_find>};

}  // namespace postern::ctl

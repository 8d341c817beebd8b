// `posternctl undo`: takes one change back.
#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <string>

#include "ctl/cli/installation.h"
#include "ctl/rollback/history_report.h"
#include "ctl/rollback/rule_editor.h"

namespace postern::ctl {
namespace {

struct UndoOptions {
  std::optional<int> number;  // none: the last of whoever asks
  bool dry_run = false;
};

std::string numbers(const std::vector<int>& all) {
  std::string text;
  for (const int number : all) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return text;
}

// The entry that is meant, if it can be taken back; else null, and said why.
const HistoryEntry* entry_to_undo(const UndoOptions& options, const EditHistory& history,
                                  const CommandContext& context) {
  const Console& console = context.console;
  const HistoryEntry* entry =
      options.number ? history.find(*options.number) : history.last_of(context.caller.user);
  if (entry == nullptr) {
    if (options.number) {
      console.error("the history has no entry ", *options.number);
    } else {
      console.error("the history has no change of ", who(context.caller),
                    " that is not undone; see posternctl history");
    }
    return nullptr;
  }
  if (history.is_undone(entry->number)) {
    console.error(entry->number, " is undone already");
    return nullptr;
  }
  if (std::any_of(entry->changes.begin(), entry->changes.end(),
                  [](const FileChange& change) { return change.is_too_large; })) {
    console.error(entry->number, " has changed too many lines to take them back one by one; see ",
                  "posternctl rollback --list");
    return nullptr;
  }
  if (const auto later = history.touched_since(*entry); !later.empty()) {
    console.error("since ", entry->number, " the same lines were changed by ", numbers(later),
                  "; undo that first: posternctl undo ", later.back());
    return nullptr;
  }
  return entry;
}

// A line of the list that has the value of one that would come back: somebody has written it again.
std::optional<std::string> stands_again(std::string_view text, const FileChange& change) {
  std::set<std::string_view> coming;
  std::set<std::string_view> going;
  for (const LineHunk& hunk : change.hunks) {
    for (const std::string& line : hunk.removed) coming.insert(value_on(line));
    going.insert(hunk.added.begin(), hunk.added.end());
  }
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!value_on(line).empty() && coming.contains(value_on(line)) && !going.contains(line)) {
      return std::string(line);
    }
  }
  return std::nullopt;
}

// Edits the files as they were before `entry`. False, and said: lines that it added are gone, or
// those that it removed have been written again.
bool take_back(const HistoryEntry& entry, const std::string& rules_file, RuleEditor& editor,
               const config::HiddenFiles& hidden, const CommandContext& context) {
  for (const FileChange& change : entry.changes) {
    const bool is_list = change.path != rules_file;
    if (const auto line = stands_again(editor.edited(change.path), change); is_list && line) {
      context.console.error(explain::short_path(change.path, context.settings_file), " has '",
                            hidden.shown(change.path, *line),
                            "', which somebody has written by hand since ", entry.number);
      return false;
    }
    auto text = without_hunks(editor.edited(change.path), change.hunks);
    if (!text) {
      context.console.error(explain::short_path(change.path, context.settings_file),
                            " has no line '", hidden.shown(change.path, text.error().text),
                            "' any more, which ", entry.number,
                            " has written: somebody has changed it by hand");
      return false;
    }
    editor.edit(change.path, std::move(*text));
  }
  return true;
}

CtlExit run_undo(const UndoOptions& options, const CommandContext& context) {
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const auto history = EditHistory::beside(rules->settings.rules_file);
  if (!history) {
    context.console.error(history.error().text);
    return CtlExit::failed;
  }
  const HistoryEntry* entry = entry_to_undo(options, *history, context);
  if (entry == nullptr) return CtlExit::no;
  std::vector<std::string> paths;
  for (const FileChange& change : entry->changes) paths.push_back(change.path);
  auto editor =
      RuleEditor::open(*rules, paths, options.dry_run ? EditPurpose::show : EditPurpose::write);
  if (!editor) {
    context.console.error(editor.error().text);
    return CtlExit::no;
  }
  const config::HiddenFiles hidden = hidden_in(entry->changes, rules->settings);
  if (!take_back(*entry, rules->settings.rules_file, *editor, hidden, context)) return CtlExit::no;
  return editor->apply(entry->number,
                       {[&] {
                          context.console.line(options.dry_run ? "would undo" : "undone", ":");
                          print_entry(*entry, *history, context);
                          print_lines(entry->changes, hidden, context);
                        },
                        [&] {
                          return boost::json::object{
                              {"undone", json_of(*entry, *history, rules->settings)},
                              {"dry_run", options.dry_run}};
                        }},
                       context);
}

std::vector<OptionRow> undo_options(UndoOptions& to) {
  return {{"[NUMBER]", "An entry of the history; default: your last one",
           parsed(to.number, number_of_entry)},
          {"--dry-run", "Say what would be undone", &to.dry_run}};
}

}  // namespace

extern const Command kUndoCommand{
    "undo", "Takes one change back, and nothing else",
    "Examples:\n"
    "  posternctl undo --dry-run   what your last change was\n"
    "  posternctl undo             takes it back\n"
    "  posternctl undo 12          another one, when nothing has changed its "
    "lines since\n"
    "Has the daemons take it, and is a change itself: undo its number to have "
    "it again. 1:\n"
    "something has changed the same lines since; it is named.",
    prepare<undo_options, run_undo>};

}  // namespace postern::ctl

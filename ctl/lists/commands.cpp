#include "ctl/lists/commands.h"

#include <algorithm>
#include <map>

#include "ctl/lists/entry_plan.h"
#include "ctl/lists/guards.h"
#include "ctl/lists/list_editor.h"
#include "ctl/lists/list_use.h"

namespace postern::ctl {
namespace {

Wish to_block() {
  return {Intent::block,
          blocks,
          blocks,
          "refuses, defers, discards or holds mail",
          "reject 550 5.7.1 \"Banned here\"",
          kCampaignList};
}

Wish to_allow(const std::string& check) {
  const auto fits = [check](const ListUse& use) { return allows(use, check); };
  const auto meant = [check](const ListUse& use) {
    return allows(use, check) && (!check.empty() || kind_of(*use.action) == ActionKind::pass);
  };
  if (check.empty()) {
    return {Intent::allow, fits, meant, "passes mail, or skips a check,", "pass", "allowed"};
  }
  return {Intent::allow, fits, meant, "skips " + check, "skip " + check, "no-" + check};
}

// Where the value is refused all the same, by the rules as they will be.
std::vector<std::string> still_refused(const RulesOnDisk& rules, const Snapshot& after,
                                       lists::ListKind kind, const std::string& canonical,
                                       UtcTime now) {
  std::vector<std::string> notes;
  for (const StandingEntry& standing : entries_that_block(after, kind, canonical, now)) {
    const lists::List& list = *standing.use.list;
    notes.push_back("still refused by " + list.entry_text(standing.entry) + " (" +
                    list.file_of(standing.entry) + ":" +
                    std::to_string(list.entries().line(standing.entry)) + "), " +
                    describe(standing.use));
  }
  return without_hidden(rules, std::move(notes), "still refused by an entry");
}

// A value that is to be taken out of its list.
struct Removal {
  PlacedValue placed;
  std::string canonical;
};

std::optional<std::vector<Removal>> removals_of(const RulesOnDisk& rules,
                                                const UnblockOptions& options,
                                                const std::vector<std::string>& values,
                                                const Console& console) {
  std::vector<Removal> removals;
  for (const std::string& value : values) {
    auto placed = place_value(rules, value, options.list, to_block(), console);
    if (!placed) continue;
    auto canonical = canonical_for(*placed, console);
    if (canonical) removals.push_back({std::move(*placed), std::move(*canonical)});
  }
  if (removals.size() == values.size()) return removals;
  if (values.size() > 1) console.error_line("nothing is written");
  return std::nullopt;
}

// Edits `editor`. The numbers of lines are those of the files as they are before.
std::vector<EntryChange> remove_all(const RulesOnDisk& rules, const std::vector<Removal>& removals,
                                    RuleEditor& editor, const Console& console) {
  std::vector<EntryChange> changes;
  std::map<std::string, std::vector<int>> lines;  // by file
  for (const auto& [placed, canonical] : removals) {
    const lists::List& list = *placed.list;
    const std::string path = file_of_list(rules, list).value();
    EntryEdit edit = remove_entry(editor.text(path), list.kind(), canonical);
    if (edit.kind == EntryEdit::Kind::none) {
      console.error("list '", list.name(), "' has no entry ", placed.value);
      continue;
    }
    auto& gone = lines[path];
    gone.insert(gone.end(), edit.lines.begin(), edit.lines.end());
    editor.edit(path, without_lines(editor.text(path), gone));
    changes.push_back({&list, path, std::move(edit)});
  }
  return changes;
}

}  // namespace

CtlExit run_block(const BlockOptions& options, const CommandContext& context) {
  if (options.own_actions > 1) {
    context.console.error("want only one of --discard, --hold, --defer, --reject and --mode");
    return CtlExit::usage;
  }
  return add_entries(options, options.own_action, to_block(), context);
}

CtlExit run_allow(const AllowOptions& options, const CommandContext& context) {
  return add_entries(options, OwnAction::as_it_is, to_allow(options.check), context);
}

CtlExit run_unblock(const UnblockOptions& options, const CommandContext& context) {
  const Console& console = context.console;
  const auto values = values_of(options.values, context);
  if (!values) return CtlExit::usage;
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const auto removals = removals_of(*rules, options, *values, console);
  if (!removals) return CtlExit::usage;
  const auto purpose = options.dry_run ? EditPurpose::show : EditPurpose::write;
  std::vector<const lists::List*> lists;
  for (const Removal& removal : *removals) lists.push_back(removal.placed.list);
  auto editor = open_lists(*rules, lists, purpose);
  if (!editor) {
    console.error(editor.error().text);
    return CtlExit::no;
  }
  EditTask task{*rules, *editor, remove_all(*rules, *removals, *editor, console), {}};
  Diagnostics diagnostics;
  const auto after = editor->edited_rules(diagnostics);
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  for (const auto& [placed, canonical] : *removals) {
    // Who takes a partner off a list of those who pass does not ask who else refuses him.
    if (!after || placed.uses.empty()) continue;
    for (std::string& note : still_refused(*rules, *after, placed.list->kind(), canonical, now)) {
      if (std::find(task.notes.begin(), task.notes.end(), note) == task.notes.end()) {
        task.notes.push_back(std::move(note));
      }
    }
  }
  const bool complete = task.changes.size() == removals->size() && task.notes.empty();
  if (task.changes.empty()) {
    for (const std::string& note : task.notes) console.error(note);
    return CtlExit::no;
  }
  const CtlExit done = carry_out(task, context);
  return done == CtlExit::ok && !complete ? CtlExit::no : done;
}

}  // namespace postern::ctl

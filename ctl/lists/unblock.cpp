#include <algorithm>
#include <ostream>

#include "common/base/escape.h"
#include "ctl/cli/installation.h"
#include "ctl/lists/block.h"
#include "ctl/lists/edit_command.h"

namespace postern::ctl {
namespace {

// Where the value is refused all the same, by the rules as they will be.
std::vector<std::string> still_against(const Snapshot& snapshot, lists::ListKind kind,
                                       const std::string& canonical,
                                       const CommandContext& context) {
  std::vector<std::string> notes;
  const auto now = std::chrono::floor<std::chrono::seconds>(context.now);
  for (const StandingEntry& standing : entries_against(snapshot, kind, canonical, now)) {
    const lists::List& list = *standing.use.list;
    notes.push_back("still refused by " + list.entry_text(standing.entry) + " (" + list.file() +
                    ":" + std::to_string(list.entries().line(standing.entry)) + "), " +
                    describe(standing.use));
  }
  return notes;
}

bool is_against_by(const Snapshot& snapshot, const lists::List& list) {
  const auto uses = uses_of_lists(snapshot);
  return std::any_of(uses.begin(), uses.end(),
                     [&](const ListUse& use) { return use.list == &list && is_against(use); });
}

}  // namespace

CtlExit run_unblock(const UnblockOptions& options, const CommandContext& context) {
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const Snapshot& snapshot = *rules->read.snapshot;
  const std::string name = options.list.empty() ? kCampaignList : options.list;
  const auto list = list_named(*rules, name, names_of_lists(snapshot, is_against), context);
  if (!list) return CtlExit::no;
  const auto canonical = canonical_for(*list, options.value, context);
  if (!canonical) return CtlExit::usage;
  auto change = ListChange::open(*rules, *list, purpose_of(options.dry_run));
  if (!change) {
    context.err << "posternctl: " << printable(change.error().text) << "\n";
    return CtlExit::no;
  }
  EntryEdit edit = take_entry_out(change->text(), list->kind(), *canonical);
  Diagnostics diagnostics;
  const auto after = change->rules_with(edit.text, diagnostics);
  std::vector<std::string> notes;
  // Who takes a partner off a list of those who pass does not ask who else refuses him.
  if (after && is_against_by(snapshot, *list)) {
    notes = without_hidden(*rules, still_against(*after, list->kind(), *canonical, context),
                           "still refused by an entry");
  }
  const bool standing = !notes.empty();
  if (edit.kind == EntryEdit::Kind::none) {
    notes.insert(notes.begin(), "list '" + name + "' has no entry " + options.value);
    for (const std::string& note : notes) context.err << "posternctl: " << printable(note) << "\n";
    return CtlExit::no;
  }
  const CtlExit done = carry_out(
      {*rules, *list, *change, std::move(edit), std::move(notes), options.dry_run}, context);
  return done == CtlExit::ok && standing ? CtlExit::no : done;
}

}  // namespace postern::ctl

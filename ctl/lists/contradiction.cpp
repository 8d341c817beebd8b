#include "ctl/lists/contradiction.h"

namespace postern::ctl {
namespace {

bool serves(const Action& action, Intent intent) {
  switch (kind_of(action)) {
    case ActionKind::reject:
    case ActionKind::defer:
    case ActionKind::discard:
    case ActionKind::hold:
      return intent == Intent::against;
    case ActionKind::pass:
      return intent == Intent::in_favour;
    default:
      return false;
  }
}

}  // namespace

std::optional<std::string> contrary_entry(const lists::List& list, const std::vector<int>& lines,
                                          Intent intent) {
  for (const int line : lines) {
    for (lists::EntryId id = 0; id < list.entries().size(); ++id) {
      if (list.entries().line(id) != line) continue;
      const lists::EntryData* data = list.entries().data(id);
      if (data == nullptr || !data->then || serves(*data->then, intent)) continue;
      return list.file() + ":" + std::to_string(line) + ": " + list.entry_text(id) +
             " is there with an action of its own (then=), which is another; unblock it first";
    }
  }
  return std::nullopt;
}

std::vector<std::string> decided_above(const Snapshot& snapshot, const std::vector<ListUse>& uses,
                                       lists::ListKind kind, const std::string& value,
                                       Intent intent, UtcTime now) {
  std::vector<std::string> notes;
  for (const ListUse& use : uses_of_lists(snapshot)) {
    if (use.rule >= uses.front().rule || use.rule->mode != Mode::enforce) continue;
    if (is_about_recipients(use) || use.list->kind() != kind) continue;
    const lists::EntryId id = find_value(*use.list, kind, value, now);
    if (id == lists::kNoEntry) continue;
    const lists::EntryData* data = use.list->entries().data(id);
    const Action& action = data != nullptr && data->then ? *data->then : *use.action;
    const Intent other = intent == Intent::against ? Intent::in_favour : Intent::against;
    if (!serves(action, other)) continue;
    ListUse effective = use;
    effective.action = &action;
    notes.push_back("but decided above by " + use.list->entry_text(id) + " (" + use.list->file() +
                    ":" + std::to_string(use.list->entries().line(id)) + "), " +
                    describe(effective));
  }
  return notes;
}

}  // namespace postern::ctl

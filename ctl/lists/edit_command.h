// What block, allow and unblock have in common: which list is meant, what is written and told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/lists/entry_edit.h"
#include "ctl/lists/list_change.h"
#include "ctl/lists/list_use.h"

namespace postern::ctl {

// The list of that name, told when there is none; `fitting` are those to name then.
std::shared_ptr<const lists::List> list_named(const RulesOnDisk& rules, const std::string& name,
                                              const std::vector<std::string>& fitting,
                                              const CommandContext& context);

// The value in canonical form, told when the list cannot hold it.
std::optional<std::string> canonical_for(const lists::List& list, const std::string& value,
                                         const CommandContext& context);

// The names of lists for whose use `fits(use)` holds, each once.
template <class Fits>
std::vector<std::string> names_of_lists(const Snapshot& snapshot, Fits fits) {
  std::vector<std::string> names;
  for (const ListUse& use : uses_of_lists(snapshot)) {
    const std::string& name = use.list->name();
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (name != "inline" && !known && fits(use)) names.push_back(name);
  }
  return names;
}

// `notes` that quote entries of any list; where one is hidden (server/config/hidden_files.h):
// `what`.
std::vector<std::string> without_hidden(const RulesOnDisk& rules, std::vector<std::string> notes,
                                        const std::string& what);

// `a, b or c`
std::string one_of(const std::vector<std::string>& names);

// An edit on its way to the disk and into force.
struct EditTask {
  const RulesOnDisk& rules;
  const lists::List& list;
  ListChange& change;
  EntryEdit edit;
  std::vector<std::string> notes;  // told with it
  bool dry_run = false;
};

inline EditPurpose purpose_of(bool dry_run) {
  return dry_run ? EditPurpose::show : EditPurpose::write;
}

// Checks, writes, has the daemons take it, and tells all of that.
CtlExit carry_out(const EditTask& task, const CommandContext& context);

}  // namespace postern::ctl

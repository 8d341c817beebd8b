// What the rules do with mail that is on a list, which entry of which list would do it, and for
// which lists a value is. Pure.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/snapshot.h"

namespace postern::ctl {

// A list that a rule compares with, and one action that follows when an entry is found.
struct ListUse {
  const Rule* rule = nullptr;
  Attribute attribute = Attribute::client;
  const lists::List* list = nullptr;
  const Action* action = nullptr;  // the list's own in place of the rule's
  std::string_view header{};       // of Attribute::header: the field, in lower case
};

// Of lists under `not:` and of those that only say when to look with a check nothing follows.
std::vector<ListUse> uses_of_lists(const Snapshot& snapshot);

// reject, defer, discard or hold.
bool blocks(const ListUse& use);
// pass; or skip, of `check` unless that is empty.
bool allows(const ListUse& use, std::string_view check);
bool is_about_recipients(const ListUse& use);

// `rule 'campaign' (rules.yaml:12), by sender_domain: reject 550 5.7.1 "Banned"`, and whether that
// is a dry run.
std::string describe(const ListUse& use);

// The first entry that is alive and stands for `value`: an entry in canonical form
// (ctl/lists/list_file.h) of a list of kind `kind`. Looks below a pattern with a made-up name.
lists::EntryId find_value(const lists::List& list, lists::ListKind kind, std::string_view value,
                          UtcTime now);

struct StandingEntry {
  ListUse use;
  lists::EntryId entry = lists::kNoEntry;
};

// The entries by which rules in mode `enforce` refuse, discard or hold mail for that value; each
// once.
std::vector<StandingEntry> entries_that_block(const Snapshot& snapshot, lists::ListKind kind,
                                              std::string_view value, UtcTime now);

// The uses of `list` for which `fits(use)` holds.
template <class Fits>
std::vector<ListUse> uses_that_fit(const Snapshot& snapshot, const lists::List& list, Fits fits) {
  std::vector<ListUse> uses = uses_of_lists(snapshot);
  std::erase_if(uses, [&](const ListUse& use) { return use.list != &list || !fits(use); });
  return uses;
}

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

// `a, b or c`
std::string alternatives(const std::vector<std::string>& names);

// The kind of list that a value is for, by its looks.
lists::ListKind kind_by_looks(const std::string& value);

// What goes into the rules for a list of that kind: `client`, `sender`, `sender_domain`.
std::string attribute_for(lists::ListKind kind);

// What is wrong with the value as an entry of `list`, and where it belongs: in lists whose use
// `fits(use)`. Nothing when the list can hold it, and a rule can find it there.
std::optional<std::string> why_not_for_list(const Snapshot& snapshot, const lists::List& list,
                                            const std::string& value,
                                            const std::function<bool(const ListUse&)>& fits);

}  // namespace postern::ctl

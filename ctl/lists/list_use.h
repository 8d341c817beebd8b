// What the rules do with mail that is on a list, and which entry of which list would do it. Pure.
#pragma once

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
};

// Of lists under `not:` and of those that only say when to look with a check nothing follows.
std::vector<ListUse> uses_of_lists(const Snapshot& snapshot);

// reject, defer, discard or hold.
bool is_against(const ListUse& use);
// pass; or skip, of `check` unless that is empty.
bool is_for(const ListUse& use, std::string_view check);
bool is_about_recipients(const ListUse& use);

// `rule 'campaign' (rules.yaml:12), by sender_domain: reject 550 5.7.1 "Banned"`, and whether that
// is a dry run.
std::string describe(const ListUse& use);

// The first entry that is alive and stands for `value`: an entry in canonical form
// (ctl/lists/list_edit.h) of a list of kind `kind`. Looks below a pattern with a made-up name.
lists::EntryId find_value(const lists::List& list, lists::ListKind kind, std::string_view value,
                          UtcTime now);

struct StandingEntry {
  ListUse use;
  lists::EntryId entry = lists::kNoEntry;
};

// The entries by which rules in mode `enforce` refuse, discard or hold mail for that value; each
// once.
std::vector<StandingEntry> entries_against(const Snapshot& snapshot, lists::ListKind kind,
                                           std::string_view value, UtcTime now);

}  // namespace postern::ctl

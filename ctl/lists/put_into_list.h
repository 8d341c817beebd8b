// What block and allow have in common: an entry is checked, put into the file of a list, and taken
// into force. Blocks on files and on the daemons' sockets.
#pragma once

#include <vector>

#include "ctl/lists/block.h"
#include "ctl/lists/contradiction.h"
#include "ctl/lists/list_change.h"
#include "ctl/lists/list_use.h"

namespace postern::ctl {

// What is asked for the entry's own action (`then=`): that it stays as it is, where the entry is
// there already; discard; or whatever makes it a refusal, which is none where the rules refuse.
enum class OwnAction { as_it_is, discard, reject };

struct EntryTask {
  const RulesOnDisk& rules;
  const lists::List& list;
  const EntryOptions& options;
  const std::vector<ListUse>& uses;  // of the list, those that do what is wanted; at least one
  Intent intent;
  OwnAction own_action = OwnAction::as_it_is;
};

// Texts that a list file can hold: one line of it. Tells when they are not.
bool is_one_line(const EntryOptions& options, const CommandContext& context);

// The uses of `list` for which `fits(use)` holds.
template <class Fits>
std::vector<ListUse> uses_that_fit(const Snapshot& snapshot, const lists::List& list, Fits fits) {
  std::vector<ListUse> uses = uses_of_lists(snapshot);
  std::erase_if(uses, [&](const ListUse& use) { return use.list != &list || !fits(use); });
  return uses;
}

// Refuses without --force what hits more than a person can mean, and what is there with another
// action; else writes, and tells all of that. CtlExit::no too when a rule above decides otherwise.
CtlExit put_into_list(const EntryTask& task, const CommandContext& context);

}  // namespace postern::ctl

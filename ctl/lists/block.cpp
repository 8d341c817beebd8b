#include "ctl/lists/block.h"

#include <ostream>

#include "common/base/escape.h"
#include "ctl/lists/edit_command.h"
#include "ctl/lists/put_into_list.h"

namespace postern::ctl {

CtlExit run_block(const BlockOptions& options, const CommandContext& context) {
  if (!is_one_line(options, context)) return CtlExit::usage;
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const Snapshot& snapshot = *rules->read.snapshot;
  const std::string name = options.list.empty() ? kCampaignList : options.list;
  const auto blocking = names_of_lists(snapshot, is_against);
  const auto list = list_named(*rules, name, blocking, context);
  if (!list) return CtlExit::no;
  const auto uses = uses_that_fit(snapshot, *list, is_against);
  if (uses.empty()) {
    context.err << "posternctl: no rule refuses, defers, discards or holds mail by list '" << name
                << "'";
    if (!blocking.empty()) context.err << "; want --list " << printable(one_of(blocking));
    context.err << "\n";
    return CtlExit::no;
  }
  OwnAction own_action = options.discard ? OwnAction::discard : OwnAction::as_it_is;
  if (options.reject) own_action = OwnAction::reject;
  return put_into_list({*rules, *list, options, uses, Intent::against, own_action}, context);
}

}  // namespace postern::ctl

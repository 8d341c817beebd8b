#include <ostream>

#include "common/base/escape.h"
#include "ctl/lists/block.h"
#include "ctl/lists/edit_command.h"
#include "ctl/lists/list_for_value.h"
#include "ctl/lists/put_into_list.h"

namespace postern::ctl {
namespace {

void teach_allow(const AllowOptions& options, lists::ListKind kind, const CommandContext& context) {
  const std::string name = options.check.empty() ? "allowed" : "no-" + options.check;
  const std::string then = options.check.empty() ? "pass" : "skip " + options.check;
  context.err << "posternctl: no list of kind " << lists::to_string(kind) << " that a rule uses to "
              << printable(then) << "; want in the rule file, above what it is to spare:\n"
              << "lists:\n  " << printable(name) << ": { kind: " << lists::to_string(kind)
              << ", file: lists/" << printable(name)
              << ".txt }\nrules:\n  - name: " << printable(name) << "\n    when: { "
              << attribute_for(kind) << ": " << printable(name)
              << " }\n    then: " << printable(then) << "\n";
}

// Which list is meant when none is named: the only one that does what is asked for with such
// values.
std::string list_to_allow(const AllowOptions& options, const RulesOnDisk& rules,
                          const CommandContext& context) {
  const lists::ListKind kind = kind_by_looks(options.value);
  const auto names = names_of_lists(*rules.read.snapshot, [&](const ListUse& use) {
    return use.list->kind() == kind && is_for(use, options.check) && !is_about_recipients(use) &&
           (!options.check.empty() || kind_of(*use.action) == ActionKind::pass);
  });
  if (names.size() == 1) return names.front();
  if (names.empty()) {
    teach_allow(options, kind, context);
  } else {
    context.err << "posternctl: several lists would do; want --list " << printable(one_of(names))
                << "\n";
  }
  return {};
}

}  // namespace

CtlExit run_allow(const AllowOptions& options, const CommandContext& context) {
  if (!is_one_line(options, context)) return CtlExit::usage;
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  const Snapshot& snapshot = *rules->read.snapshot;
  const std::string name =
      options.list.empty() ? list_to_allow(options, *rules, context) : options.list;
  if (name.empty()) return CtlExit::no;
  const auto fits = [&](const ListUse& use) { return is_for(use, options.check); };
  const auto allowing = names_of_lists(snapshot, fits);
  const auto list = list_named(*rules, name, allowing, context);
  if (!list) return CtlExit::no;
  const auto uses = uses_that_fit(snapshot, *list, fits);
  if (uses.empty()) {
    context.err << "posternctl: no rule uses list '" << name << "' to "
                << printable(options.check.empty() ? "pass or skip" : "skip " + options.check);
    if (!allowing.empty()) context.err << "; want --list " << printable(one_of(allowing));
    context.err << "\n";
    return CtlExit::no;
  }
  return put_into_list({*rules, *list, options, uses, Intent::in_favour}, context);
}

}  // namespace postern::ctl

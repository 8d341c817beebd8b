// `posternctl vouch`: vouches for the files as they are now.
#include <boost/json.hpp>

#include "common/base/escape.h"
#include "ctl/cli/installation.h"
#include "ctl/rollback/vouched_texts.h"

namespace postern::ctl {
namespace {

CtlExit run_vouch(const CommandContext& context) {
  const config::Settings settings = settings_in_use(context).settings;
  const auto read = load_rules_on_disk(settings);
  if (!read.snapshot) {
    context.console.problems(read.diagnostics.to_string());
    context.console.error_line("the rules on disk do not load: nobody wants them");
    return CtlExit::no;
  }
  vouch_for(settings.rules_file, read.files, context);
  const VouchedTexts vouched = VouchedTexts::beside(settings.rules_file);
  boost::json::array files;
  CtlExit exit = CtlExit::ok;
  for (const config::SourceFile& file : read.files) {
    const bool known = vouched.has(config::absolute_path(file.path), file.text);
    if (!known) exit = CtlExit::failed;
    files.push_back({{"file", printable(file.path)}, {"vouched", known}});
    if (context.console.is_json()) continue;
    context.console.line(explain::short_path(file.path, context.settings_file),
                         known ? ": vouched for" : ": NOT vouched for");
  }
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"files", files}});
  }
  return exit;
}

}  // namespace

extern const Command kVouchCommand{
    "vouch", "Says that the rules and lists, as they are on disk, are yours",
    "Examples:\n"
    "  posternctl vouch\n"
    "  posternctl vouch --json | jq '.files[] | select(.vouched | not)'\n"
    "A later rollback then believes the copies of them that the account of the daemons keeps.\n"
    "Writes their digests (sha256sum) to .rules.yaml.vouched beside the rule file. check,\n"
    "reload, block, unblock, allow and rollback do the same, and so does the start of a\n"
    "daemon by systemd. Counts from root and from the owner of the rule file.",
    prepare<run_vouch>};

}  // namespace postern::ctl

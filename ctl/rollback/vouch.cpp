// `posternctl vouch`: vouches for the files as they are now.
#include <boost/json.hpp>

#include "common/base/escape.h"
#include "ctl/cli/installation.h"
#include "ctl/rollback/vouched_texts.h"

namespace postern::ctl {
namespace {

struct VouchOptions {
  bool dry_run = false;
};

// What is to be said of a file whose text is among those vouched for `before` or `after`.
std::string_view outcome(bool before, bool after, const VouchOptions& options) {
  if (!options.dry_run) return after ? "vouched for" : "NOT vouched for";
  if (!after) return "would NOT be vouched for";
  return before ? "vouched for already" : "would be vouched for";
}

CtlExit run_vouch(const VouchOptions& options, const CommandContext& context) {
  const config::Settings settings = settings_in_use(context).settings;
  const auto read = load_rules_on_disk(settings);
  if (!read.snapshot) {
    context.console.problems(read.diagnostics.to_string());
    context.console.error_line("the rules on disk do not load: nobody wants them");
    return CtlExit::no;
  }
  const VouchedTexts before = VouchedTexts::beside(settings.rules_file);
  if (!options.dry_run) vouch_for(settings.rules_file, read.files, context);
  VouchedTexts after = VouchedTexts::beside(settings.rules_file);
  if (options.dry_run && may_vouch(settings.rules_file)) after.add(read.files);
  boost::json::array files;
  CtlExit exit = CtlExit::ok;
  for (const config::SourceFile& file : read.files) {
    const std::string path = config::absolute_path(file.path);
    const bool known = after.has(path, file.text);
    if (!known) exit = CtlExit::failed;
    files.push_back({{"file", printable(file.path)}, {"vouched", known}});
    if (context.console.is_json()) continue;
    context.console.line(explain::short_path(file.path, context.settings_file), ": ",
                         outcome(before.has(path, file.text), known, options));
  }
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"files", files}, {"dry_run", options.dry_run}});
  }
  return exit;
}

std::vector<OptionRow> vouch_options(VouchOptions& to) {
  return {{"--dry-run", "Say what would be vouched for", &to.dry_run}};
}

}  // namespace

extern const Command kVouchCommand{
    "vouch", "Says that the rules and lists, as they are on disk, are yours",
    "Examples:\n"
    "  posternctl vouch --dry-run   which of them are not yet\n"
    "  posternctl vouch\n"
    "  posternctl vouch --json | jq '.files[] | select(.vouched | not)'\n"
    "A later rollback then believes the copies of them that the account of the daemons keeps.\n"
    "Writes their digests (sha256sum) to .rules.yaml.vouched beside the rule file. check,\n"
    "reload, block, unblock, allow and rollback do the same, and so does the start of a\n"
    "daemon by systemd. Counts from root and from the owner of the rule file.",
    prepare<vouch_options, run_vouch>};

}  // namespace postern::ctl

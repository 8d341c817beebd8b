// `posternctl brake`: answers with 451 what the radar has proposed just now, for a while.
#include <algorithm>
#include <sstream>
#include <string>
#include <utility>

#include "common/base/duration.h"
#include "ctl/alert/brake.h"
#include "ctl/cli/installation.h"
#include "ctl/lists/commands.h"
#include "ctl/rollback/rule_editor.h"

namespace postern::ctl {
namespace {

// The same command, whose words go into these.
CommandContext quiet(const CommandContext& context, std::ostream& out, std::ostream& err) {
  return {context.settings_file,
          Console(out, err, Output::text),
          context.in,
          context.now,
          Terminal::none,
          Colours::no,
          context.caller};
}

// As `block` does. A refusal as `--dry-run` looks first at all that `block` looks at, so that
// nothing is deferred that somebody could not block without --force; once is enough.
CtlExit brake_one(const Braking& one, std::chrono::seconds lasts, const CommandContext& context) {
  BlockOptions options;
  options.values = {one.entry};
  options.reason = brake_reason(one.campaign);
  options.lasts = lasts;
  options.dry_run = true;
  std::ostringstream out;
  std::ostringstream err;
  if (run_block(options, quiet(context, out, err)) != CtlExit::ok) {
    context.console.error(one.campaign, ": ", one.entry, " is not braked:");
    context.console.problems(err.str());
    return CtlExit::no;
  }
  options.dry_run = false;
  options.force = true;
  options.own_action = OwnAction::defer;
  return run_block(options, context);
}

CtlExit run_brake(const CommandContext& context) {
  const auto settings = settings_for(context);
  if (!settings) return CtlExit::no;
  const std::chrono::seconds lasts = settings->radar.brake;
  if (lasts == std::chrono::seconds{0}) {
    context.console.note("the brake is off (radar: brake: in the settings)");
    return CtlExit::ok;
  }
  const UtcTime now = std::chrono::floor<std::chrono::seconds>(context.now);
  const auto strong = read_strong_proposals(strong_proposals_path(settings->state_folder), now);
  if (!strong) {
    context.console.error(strong.error().text);
    return CtlExit::failed;
  }
  const auto rules = read_rules_on_disk(context);
  if (!rules) return CtlExit::no;
  CtlExit worst = CtlExit::ok;
  for (const Braked& one : to_release(*strong, *rules->read.snapshot, now)) {
    worst = std::max(
        worst, run_unblock({.values = {one.entry}, .list = one.list, .reason = "it was dismissed"},
                           context));
  }
  for (const Braking& one : to_brake(*strong, *rules->read.snapshot, lasts, now)) {
    worst = std::max(worst, brake_one(one, lasts, context));
  }
  return worst;
}

}  // namespace

extern const Command kBrakeCommand{
    "brake", "Answers with 451 what the radar has just proposed, for a while",
    "Examples:\n"
    "  posternctl brake                       once, now; 1: one of them is not braked, and why\n"
    "  posternctl brake && posternctl list campaign-clients\n"
    "It is let in again by posternctl unblock 192.0.2.0/24, by undo, and, when it runs again,\n"
    "after posternctl radar dismiss C7.\n"
    "For strong proposals alone, and as long as `brake:` in the settings says: an hour at most.\n"
    "Spares what block would not take without --force: domains in good standing, and more.\n"
    "postern-brake.path runs it whenever the radar has found something.",
    prepare<run_brake>};

}  // namespace postern::ctl

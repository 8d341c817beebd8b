#include "common/base/duration.h"
#include "ctl/command_set.h"
#include "ctl/rollback/reload.h"
#include "ctl/rollback/rollback.h"
#include "ctl/rollback/vouched_texts.h"

namespace postern::ctl {
namespace {

void add_reload(CommandSet& commands) {
  auto reload = commands.add<ReloadOptions>(
      "reload", "Has the daemons read settings, rules and lists again",
      "Example:\n"
      "  posternctl reload\n"
      "The daemons take changed files by themselves; this says what became of them. Writes\n"
      "nothing. 1: refused; the rules from before stay in force. 3: a daemon did not answer\n"
      "within 5 seconds; it takes the files by itself.",
      run_reload);
  reload.app->add_flag_callback(
      "--accept-shrunk",
      [options = reload.options] { options->shrunk = config::ShrunkLists::accept; },
      "Also lists and rule files that lost half of what they had");
  reload.app
      ->add_option_function<std::string>(
          "--wait",
          [options = reload.options](const std::string& text) {
            options->wait = parse_duration(text).value();
          },
          "For the answer: lists of millions take longer than 5s")
      ->type_name("TIME")
      ->check([](const std::string& text) {
        const auto duration = parse_duration(text);
        if (!duration) return duration.error().text;
        return *duration >= std::chrono::seconds{1} ? "" : std::string("want 1s or more");
      });
}

void add_rollback(CommandSet& commands) {
  auto rollback = commands.add<RollbackOptions>(
      "rollback", "Puts the rule and list files of an earlier generation back",
      "Examples:\n"
      "  posternctl rollback --list       what there was, and what each changed\n"
      "  posternctl rollback --dry-run    what would change\n"
      "  posternctl rollback              to the generation before the one that runs\n"
      "  posternctl rollback 11 --yes     to that one, unasked\n"
      "Shows what will change, asks, writes over the rule file and its lists, those that\n"
      "differ, and reloads. What is in no generation is kept as FILE.before-rollback. The\n"
      "settings stay. Generations are kept by the account of the daemons; what it alone has\n"
      "had, and not the rule files (posternctl help vouch), is marked, and wants more than a\n"
      "yes.",
      run_rollback);
  rollback.app->add_option("NUMBER", rollback.options->generation, "A generation of --list");
  rollback.app->add_flag("--list", rollback.options->list, "Say which there are, and do nothing");
  rollback.app->add_flag("--dry-run", rollback.options->dry_run, "Say what would change");
  rollback.app->add_flag("--yes", rollback.options->yes, "Do not ask; without a terminal needed");
  rollback.app
      ->add_option("--vouch", rollback.options->vouch,
                   "Write also what nobody vouches for, if it is what was shown with this digest")
      ->type_name("DIGEST");
}

void add_vouch(CommandSet& commands) {
  commands.add<VouchOptions>(
      "vouch", "Says that the rules and lists, as they are on disk, are yours",
      "Example:\n"
      "  posternctl vouch\n"
      "A later rollback then believes the copies of them that the account of the daemons keeps.\n"
      "Writes their digests (sha256sum) to .rules.yaml.vouched beside the rule file. check,\n"
      "reload, block, unblock, allow and rollback do the same, and so does the start of a\n"
      "daemon by systemd. Counts from root and from the owner of the rule file.",
      run_vouch);
}

}  // namespace

void add_changing_commands(CommandSet& commands) {
  add_reload(commands);
  add_rollback(commands);
  add_vouch(commands);
}

}  // namespace postern::ctl

#include "ctl/check/check.h"
#include "ctl/command_set.h"
#include "ctl/status/cache.h"
#include "ctl/status/rules.h"
#include "ctl/status/status.h"

namespace postern::ctl {
namespace {

void add_status(CommandSet& commands) {
  commands.add<StatusOptions>(
      "status", "Says how the daemons are doing, and first what is wrong",
      "Example:\n"
      "  posternctl status\n"
      "Says which generation of the rules each daemon has in force and since when, how the last\n"
      "reload ended, connections, cache and name servers; and whether the daemons differ from "
      "each\n"
      "other or from the files on disk. Writes nothing. 1: something is wrong; 3: one is silent.",
      run_status);
}

void add_check(CommandSet& commands) {
  auto check = commands.add<CheckOptions>(
      "check", "Finds everything that is wrong with settings, rules and lists",
      "Examples:\n"
      "  posternctl check                 what is installed\n"
      "  posternctl check new-rules.yaml  a rule file before it is put in place\n"
      "Needs no daemon and no DNS, and writes nothing. Notes are what is odd but no fault: "
      "entries\n"
      "that are there twice, that others cover, that have expired. 1: there are errors.",
      run_check);
  check.app->add_option("FILE", check.options->files,
                        "Rule or settings files, in the place of the installed ones");
}

void add_rules(CommandSet& commands) {
  auto rules = commands.add<RulesOptions>(
      "rules", "Says how often rules and list entries have hit",
      "Examples:\n"
      "  posternctl rules                          every rule, both daemons together\n"
      "  posternctl rules --list campaign          the entries that hit\n"
      "  posternctl rules --list campaign --never  and those that could go\n"
      "Counts since the daemons started. Writes nothing.",
      run_rules);
  auto* list = rules.app->add_option("--list", rules.options->list, "The entries of this list");
  list->type_name("NAME");
  rules.app->add_flag("--never", rules.options->never, "Those that never hit")->needs(list);
}

void add_cache(CommandSet& commands) {
  auto cache = commands.add<CacheOptions>(
      "cache", "Shows the DNS answers that are kept for a name, or forgets them",
      "Examples:\n"
      "  posternctl cache partner.example\n"
      "  posternctl cache --flush partner.example   their DNS is mended: ask again\n"
      "Asks both daemons. Writes no file. 1: nothing is kept.",
      run_cache);
  cache.app->add_option("NAME", cache.options->name, "A domain or host name")->required();
  cache.app->add_flag("--flush", cache.options->flush, "Forget them");
}

}  // namespace

void add_looking_commands(CommandSet& commands) {
  add_status(commands);
  add_check(commands);
  add_rules(commands);
  add_cache(commands);
}

}  // namespace postern::ctl

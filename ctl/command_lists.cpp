#include "common/base/duration.h"
#include "ctl/command_set.h"
#include "ctl/lists/commands.h"

namespace postern::ctl {
namespace {

void add_entry_options(CLI::App* command, const std::shared_ptr<EntryOptions>& options) {
  command
      ->add_option_function<std::string>(
          "--for",
          [options](const std::string& text) { options->lasts = parse_duration(text).value(); },
          "Until then only: 90m, 12h, 7d")
      ->type_name("TIME")
      ->check([](const std::string& text) {
        const auto duration = parse_duration(text);
        if (!duration) return duration.error().text;
        return *duration > std::chrono::seconds{0} ? "" : std::string("want more than 0s");
      });
  command->add_option("--reason", options->reason, "Written beside it, and into the log")
      ->type_name("TEXT");
  command->add_flag("--force", options->force,
                    "Also what is very broad, a popular domain, or your own network");
  command->add_flag("--dry-run", options->dry_run, "Say what would be written");
}

void add_block(CommandSet& commands) {
  auto block = commands.add<BlockOptions>(
      "block", "Puts an entry into a list by which mail is refused",
      "Examples:\n"
      "  posternctl block phish.example --reason 'ticket 4711' --for 7d\n"
      "  posternctl block .phish.example            and all names below\n"
      "  posternctl block emalsrv.* --discard       accept, and deliver to nobody\n"
      "  posternctl block emalsrv.* --reject        refuse it again\n"
      "Writes one line to the file of the list, as you would, has the daemons take it, and says\n"
      "since which generation it is in force. 1: refused, nothing is written; 3: written, but a\n"
      "daemon was not reached.",
      run_block);
  block.app->add_option("VALUE", block.options->value, "As in a list: a domain, pattern, network")
      ->required();
  block.app->add_option("--list", block.options->list, "Default: campaign")->type_name("NAME");
  auto* discard = block.app->add_flag("--discard", block.options->discard,
                                      "Accept such mail and deliver it to nobody");
  block.app
      ->add_flag("--reject", block.options->reject, "Refuse it again, also where it was discarded")
      ->excludes(discard);
  block.options->owner = commands.user();
  add_entry_options(block.app, block.options);
}

void add_unblock(CommandSet& commands) {
  auto unblock =
      commands.add<UnblockOptions>("unblock", "Takes an entry out of a list again",
                                   "Examples:\n"
                                   "  posternctl unblock phish.example\n"
                                   "  posternctl unblock 192.0.2.7 --list trusted\n"
                                   "Removes the line from the file of the list and has the "
                                   "daemons take it. 1: it is not there,\n"
                                   "or another entry refuses the same; it is named.",
                                   run_unblock);
  unblock.app->add_option("VALUE", unblock.options->value, "As it stands in the list")->required();
  unblock.app->add_option("--list", unblock.options->list, "Default: campaign")->type_name("NAME");
  unblock.app->add_flag("--dry-run", unblock.options->dry_run, "Say what would be written");
}

void add_allow(CommandSet& commands) {
  auto allow = commands.add<AllowOptions>(
      "allow", "Puts an entry into a list by which mail passes",
      "Examples:\n"
      "  posternctl allow 192.0.2.7 --reason 'partner, ticket 4712'\n"
      "  posternctl allow 192.0.2.7 --check sender_mx --for 30d\n"
      "                                   only this check is skipped: their MX is broken\n"
      "Writes one line to the file of the list, has the daemons take it, and says since which\n"
      "generation it is in force. To take it back: posternctl unblock VALUE --list NAME.",
      run_allow);
  allow.app->add_option("VALUE", allow.options->value, "A client, a domain or an address")
      ->required();
  allow.app->add_option("--check", allow.options->check, "Only skip this: a check, or a rule")
      ->type_name("NAME");
  allow.app->add_option("--list", allow.options->list, "Default: the one that does it")
      ->type_name("NAME");
  allow.options->owner = commands.user();
  add_entry_options(allow.app, allow.options);
}

}  // namespace

void add_list_commands(CommandSet& commands) {
  add_block(commands);
  add_unblock(commands);
  add_allow(commands);
}

}  // namespace postern::ctl

#include "common/base/duration.h"
#include "ctl/cli/command_options.h"
#include "ctl/lists/commands.h"

namespace postern::ctl {
namespace {

void describe_entry(CLI::App& app, const std::shared_ptr<EntryOptions>& options) {
  app.add_option_function<std::string>(
         "--for",
         [options](const std::string& text) { options->lasts = parse_duration(text).value(); },
         "Until then only: 90m, 12h, 7d")
      ->type_name("TIME")
      ->check([](const std::string& text) {
        const auto duration = parse_duration(text);
        if (!duration) return duration.error().text;
        return *duration > std::chrono::seconds{0} ? "" : std::string("want more than 0s");
      });
  app.add_option("--reason", options->reason, "Written beside it, and into the log")
      ->type_name("TEXT");
  app.add_flag("--force", options->force,
               "Also what is very broad, a popular domain, or your own network");
  app.add_flag("--dry-run", options->dry_run, "Say what would be written");
}

void describe_block(CLI::App& app, const std::shared_ptr<BlockOptions>& options,
                    const std::string& user) {
  app.add_option("VALUE", options->value, "As in a list: a domain, pattern, network")->required();
  app.add_option("--list", options->list, "Default: campaign")->type_name("NAME");
  auto* discard =
      app.add_flag("--discard", options->discard, "Accept such mail and deliver it to nobody");
  app.add_flag("--reject", options->reject, "Refuse it again, also where it was discarded")
      ->excludes(discard);
  options->owner = user;
  describe_entry(app, options);
}

void describe_unblock(CLI::App& app, const std::shared_ptr<UnblockOptions>& options,
                      const std::string& /*user*/) {
  app.add_option("VALUE", options->value, "As it stands in the list")->required();
  app.add_option("--list", options->list, "Default: campaign")->type_name("NAME");
  app.add_flag("--dry-run", options->dry_run, "Say what would be written");
}

void describe_allow(CLI::App& app, const std::shared_ptr<AllowOptions>& options,
                    const std::string& user) {
  app.add_option("VALUE", options->value, "A client, a domain or an address")->required();
  app.add_option("--check", options->check, "Only skip this: a check, or a rule")
      ->type_name("NAME");
  app.add_option("--list", options->list, "Default: the one that does it")->type_name("NAME");
  options->owner = user;
  describe_entry(app, options);
}

}  // namespace

extern const Command kBlockCommand{
    "block", "Puts an entry into a list by which mail is refused",
    "Examples:\n"
    "  posternctl block phish.example --reason 'ticket 4711' --for 7d\n"
    "  posternctl block .phish.example            and all names below\n"
    "  posternctl block emalsrv.* --discard       accept, and deliver to nobody\n"
    "  posternctl block emalsrv.* --reject        refuse it again\n"
    "Writes one line to the file of the list, as you would, has the daemons take it, and says\n"
    "since which generation it is in force. 1: refused, nothing is written; 3: written, but a\n"
    "daemon was not reached.",
    prepare<BlockOptions, describe_block, run_block>};

extern const Command kUnblockCommand{"unblock", "Takes an entry out of a list again",
                                     "Examples:\n"
                                     "  posternctl unblock phish.example\n"
                                     "  posternctl unblock 192.0.2.7 --list trusted\n"
                                     "Removes the line from the file of the list and has the "
                                     "daemons take it. 1: it is not there,\n"
                                     "or another entry refuses the same; it is named.",
                                     prepare<UnblockOptions, describe_unblock, run_unblock>};

extern const Command kAllowCommand{
    "allow", "Puts an entry into a list by which mail passes",
    "Examples:\n"
    "  posternctl allow 192.0.2.7 --reason 'partner, ticket 4712'\n"
    "  posternctl allow 192.0.2.7 --check sender_mx --for 30d\n"
    "                                   only this check is skipped: their MX is broken\n"
    "Writes one line to the file of the list, has the daemons take it, and says since which\n"
    "generation it is in force. To take it back: posternctl unblock VALUE --list NAME.",
    prepare<AllowOptions, describe_allow, run_allow>};

}  // namespace postern::ctl

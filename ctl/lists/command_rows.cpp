#include "common/base/duration.h"
#include "ctl/cli/command_options.h"
#include "ctl/lists/commands.h"

namespace postern::ctl {
namespace {

void describe_entry(CLI::App& app, const std::shared_ptr<EntryOptions>& options) {
  auto* until =
      app.add_option_function<std::string>(
             "--until",
             [options](const std::string& text) { options->until = parse_expiry(text).value(); },
             "Until the end of that day, UTC, or until that second")
          ->type_name("DATE")
          ->check([](const std::string& text) {
            const auto expiry = parse_expiry(text);
            return expiry ? "" : expiry.error().text;
          });
  app.add_option_function<std::string>(
         "--for",
         [options](const std::string& text) { options->lasts = parse_duration(text).value(); },
         "Until then only: 90m, 12h, 7d")
      ->type_name("TIME")
      ->excludes(until)
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

constexpr const char* kWhatToBlock =
    "A sender domain or pattern, an address or user@, a client's address or network, helo:NAME,\n"
    "subject:TEXT; - reads more of them";

void add_values(CLI::App& app, std::vector<std::string>& values, const char* about) {
  app.add_option("VALUE", values, about)->required()->type_name("");
}

void describe_block(CLI::App& app, const std::shared_ptr<BlockOptions>& options,
                    const std::string& user) {
  add_values(app, options->values, kWhatToBlock);
  app.add_option("--list", options->list, "Default: the one for such values")->type_name("NAME");
  const auto ask = [options](OwnAction action) {
    options->own_action = action;
    ++options->own_actions;
  };
  app.add_flag_callback(
      "--discard", [ask] { ask(OwnAction::discard); }, "Accept such mail and deliver it to nobody");
  app.add_flag_callback(
      "--hold", [ask] { ask(OwnAction::hold); }, "Accept it, and keep it among the held mail");
  app.add_flag_callback(
      "--reject", [ask] { ask(OwnAction::reject); },
      "Refuse it again, also where it was discarded");
  app.add_option_function<std::string>(
         "--mode",
         [ask](const std::string& mode) {
           ask(mode == "log" ? OwnAction::log : OwnAction::reject);
         },
         "log: let it in, and name it in the log; enforce: refuse it again")
      ->check(CLI::IsMember({"log", "enforce"}));
  options->owner = user;
  describe_entry(app, options);
}

void describe_unblock(CLI::App& app, const std::shared_ptr<UnblockOptions>& options,
                      const std::string& /*user*/) {
  add_values(app, options->values, "As given to block, or as it stands in the list");
  app.add_option("--list", options->list, "Default: the one for such values")->type_name("NAME");
  app.add_option("--reason", options->reason, "Kept in the history")->type_name("TEXT");
  app.add_flag("--dry-run", options->dry_run, "Say what would be written");
}

void describe_allow(CLI::App& app, const std::shared_ptr<AllowOptions>& options,
                    const std::string& user) {
  add_values(app, options->values, "A client, a domain or an address");
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

#include "ctl/command_set.h"
#include "ctl/import.h"

namespace postern::ctl {

void add_import_command(CommandSet& commands) {
  auto import = commands.add<ImportOptions>(
      "import", "Makes lists and rules of the tables of other programs",
      "Examples:\n"
      "  posternctl import /etc/postfix/sender_access\n"
      "  posternctl import access --format sendmail-access --into /tmp/imported\n"
      "Writes to standard output, or into the folder of --into, and never into the configuration.\n"
      "1: a line cannot be expressed; it is named.",
      run_import);
  CLI::App& app = *import.app;
  app.add_option("FILE", import.options->file, "The table; - is standard input")->required();
  app.add_option("--format", import.options->format, "Default: guessed, and said")
      ->check(CLI::IsMember(import_formats()));
  app.add_option("--into", import.options->into, "Folder for rules.yaml and lists/")
      ->type_name("FOLDER");
  app.add_option("--name", import.options->name, "Of the lists and rules; default: the file's")
      ->type_name("NAME");
  app.add_option("--about", import.options->about,
                 "What the keys are: client, helo, sender_domain, ...")
      ->type_name("CONDITION");
  app.add_option("--recipient-delimiter", import.options->recipient_delimiter,
                 "Of Postfix (postconf recipient_delimiter), for access tables of addresses; '' "
                 "for none")
      ->type_name("CHARACTERS");
  app.add_option("--then", import.options->then, "The action, where the table has none")
      ->type_name("ACTION");
  app.add_option("--blocklist-recipients", import.options->blocklist_recipients,
                 "sendmail-access: whether that FEATURE is on")
      ->type_name("on|off")
      ->check(CLI::IsMember({"on", "off"}));
}

}  // namespace postern::ctl

// `posternctl import`: tables of other programs become lists and rules with the same meaning, or a
// message with the line that cannot be expressed. Writes nothing into the configuration: the result
// goes into a folder (or to standard output) for a person to look at and to take over.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/cli/command.h"

namespace postern::ctl {

struct ImportOptions {
  std::string format;  // a name of import_formats(); empty: guessed, and said
  std::string file;    // `-`: standard input
  std::string into;    // folder for rules.yaml and lists/; empty: standard output
  std::string name;    // of the lists and rules; empty: from the file's name
  std::string about;   // what the keys are compared with where the format does not say: `client`,
                       // `sender_domain`, `helo`, ... (as in a rule file)
  std::string then;    // the action for a format that has none (plain lists): `reject 550 ...`
  std::string blocklist_recipients;  // `on`, `off`: sendmail's FEATURE; empty: not known
  // Postfix's, empty: it has none; nothing: not known.
  std::optional<std::string> recipient_delimiter;
};

std::vector<std::string> import_formats();

CtlExit run_import(const ImportOptions& options, const CommandContext& context);

}  // namespace postern::ctl

#include <boost/json.hpp>
#include <ostream>

#include "common/base/escape.h"
#include "ctl/cli/installation.h"
#include "ctl/rollback/vouched_texts.h"

namespace postern::ctl {

CtlExit run_vouch(const VouchOptions& /*options*/, const CommandContext& context) {
  const config::Settings settings = settings_in_use(context).settings;
  Diagnostics diagnostics;
  const auto read =
      config::read_rules(settings.rules_file, 0,
                         {widest_door(settings), config::doors_of(settings)}, nullptr, diagnostics);
  if (!read.snapshot) {
    context.err << diagnostics.to_string() << "the rules on disk do not load: nobody wants them\n";
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
    if (context.output == Output::json) continue;
    context.out << printable(explain::short_path(file.path, context.settings_file))
                << (known ? ": vouched for\n" : ": NOT vouched for\n");
  }
  if (context.output == Output::json) {
    context.out << boost::json::object{{"files", files}} << "\n";
  }
  return exit;
}

}  // namespace postern::ctl

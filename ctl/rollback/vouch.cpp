#include <boost/json.hpp>

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
    context.console.problems(diagnostics.to_string());
    context.console.error_line("the rules on disk do not load: nobody wants them");
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
    if (context.console.is_json()) continue;
    context.console.line(explain::short_path(file.path, context.settings_file),
                         known ? ": vouched for" : ": NOT vouched for");
  }
  if (context.console.is_json()) {
    context.console.json(boost::json::object{{"files", files}});
  }
  return exit;
}

}  // namespace postern::ctl

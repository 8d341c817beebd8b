#include <boost/json.hpp>
#include <ostream>

#include "common/escape.h"
#include "ctl/installation.h"
#include "ctl/vouched_texts.h"

namespace postern {

CtlExit run_vouch(const VouchOptions& /*options*/, const CommandContext& context) {
  const Settings settings = settings_in_use(context).settings;
  Diagnostics diagnostics;
  const auto read = read_rules(settings.rules_file, 0, {widest_door(settings), doors_of(settings)},
                               nullptr, diagnostics);
  if (!read.snapshot) {
    context.err << diagnostics.to_string() << "the rules on disk do not load: nobody wants them\n";
    return CtlExit::no;
  }
  vouch_for(settings.rules_file, read.files, context);
  const VouchedTexts vouched = VouchedTexts::beside(settings.rules_file);
  boost::json::array files;
  CtlExit exit = CtlExit::ok;
  for (const SourceFile& file : read.files) {
    const bool known = vouched.has(absolute_path(file.path), file.text);
    if (!known) exit = CtlExit::failed;
    files.push_back({{"file", printable(file.path)}, {"vouched", known}});
    if (context.output == Output::json) continue;
    context.out << printable(short_path(file.path, context.settings_file))
                << (known ? ": vouched for\n" : ": NOT vouched for\n");
  }
  if (context.output == Output::json) {
    context.out << boost::json::object{{"files", files}} << "\n";
  }
  return exit;
}

}  // namespace postern

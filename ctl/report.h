// `posternctl report`: what was decided in an hour or a day, counted in the log.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ctl/command.h"

namespace postern {

struct ReportOptions {
  std::vector<std::string> files;  // none: standard input; `-` is it, too
  std::string since;               // `1h`: from then until now
  std::string day;                 // `2026-11-21`, `today`, `yesterday`; local time
  std::size_t top = 10;
};

CtlExit run_report(const ReportOptions& options, const CommandContext& context);

}  // namespace postern

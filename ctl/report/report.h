// `posternctl report`: what was decided in an hour or a day, counted in the log.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ctl/cli/command.h"

namespace postern::report {

struct ReportOptions {
  std::vector<std::string> files;  // none: standard input; `-` is it, too
  std::string since;               // `1h`: from then until now
  std::string day;                 // `2026-11-21`, `today`, `yesterday`; local time
  std::size_t top = 10;
};

ctl::CtlExit run_report(const ReportOptions& options, const ctl::CommandContext& context);

}  // namespace postern::report

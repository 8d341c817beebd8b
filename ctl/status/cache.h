// `posternctl cache`: what the daemons keep of DNS about a name, and forgetting it.
#pragma once

#include <string>

#include "ctl/cli/command.h"

namespace postern::ctl {

struct CacheOptions {
  std::string name;
  bool flush = false;
};

CtlExit run_cache(const CacheOptions& options, const CommandContext& context);

}  // namespace postern::ctl

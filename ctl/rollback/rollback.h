// `posternctl rollback`: the files of an earlier generation come back over the present ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ctl/cli/command.h"

namespace postern::ctl {

struct RollbackOptions {
  std::optional<std::uint64_t> generation;  // none: the one before what runs
  bool list = false;                        // only say what there is
  bool dry_run = false;
  bool yes = false;  // nobody is asked
  std::string
      vouch;  // digest_of_unvouched() of what is to be written although nobody vouches for it
};

CtlExit run_rollback(const RollbackOptions& options, const CommandContext& context);

}  // namespace postern::ctl

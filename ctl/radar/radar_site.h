// What the radar knows of domains before any mail: from the public suffix list and the rules that
// are installed here. Blocks on files.
#pragma once

#include "ctl/cli/command.h"
#include "rules/radar/radar.h"

namespace postern::ctl {

// It works without either; that is told.
radar::Site read_radar_site(const CommandContext& context);

}  // namespace postern::ctl

// `posternctl radar --follow`: reads the journal as it is written, and says each campaign when its
// proposals are there. Blocks until it is told to stop (SIGTERM, SIGINT).
#pragma once

#include "ctl/cli/command.h"
#include "ctl/radar/journal_radar.h"

namespace postern::ctl {

// What is remembered is written into the folder of the state every few minutes and at the end.
// Where nothing is, all of the journal is read first, as the past.
CtlExit follow_journal(const RadarPlaces& places, const CommandContext& context);

}  // namespace postern::ctl

// The radar over the journal of this host, as a command needs it: what is remembered, and what the
// journal has beyond that. Blocks on files.
#pragma once

#include <string>

#include "ctl/cli/command.h"
#include "ctl/radar/kept_radar.h"

namespace postern::ctl {

struct RadarPlaces {
  std::string state_folder;
  std::string journal;  // its folder
};
// By the settings in use.
RadarPlaces radar_places(const CommandContext& context);

// Error: what is there cannot be read.
Result<KeptRadar> read_journal_radar(const RadarPlaces& places, const CommandContext& context);

// `C7`. Error: there is none of that name.
Result<radar::Campaign> campaign_named(const RadarFeed& feed, const std::string& name);

}  // namespace postern::ctl

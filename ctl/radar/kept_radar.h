// The radar as it was left in the folder of `state:`: what it remembers, and what people have
// dismissed. Blocks on files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "ctl/radar/dismissals.h"
#include "ctl/radar/radar_feed.h"

namespace postern::ctl {

struct KeptRadar {
  std::unique_ptr<RadarFeed> feed;
  KeyedHash::Secret secret;
  std::string place;    // in the journal; empty: none
  bool is_new = false;  // nothing was remembered
};

// `site` is not remembered. Error: what is there cannot be read.
Result<KeptRadar> read_kept_radar(const std::string& state_folder, radar::Site site, UtcTime now);
Result<void> keep_radar(const std::string& state_folder, const KeptRadar& kept);

}  // namespace postern::ctl

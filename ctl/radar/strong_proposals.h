// The strong proposals of the last day, as the radar leaves them for those who do something about
// them: a file, of JSON, in the folder of the state. The radar alone writes it, whole, whenever
// they are others; what was dismissed is not in it. Texts came from strangers: those that are shown
// are escaped already.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/utc_date.h"
#include "ctl/radar/radar_feed.h"

namespace postern::ctl {

inline constexpr std::chrono::hours kStrongFor{24};
inline constexpr std::size_t kMaxStrong = 1000;  // the newest, or a few more of one campaign

struct StrongProposal {
  std::string id;  // kind, key and time: the same whenever the same mail is read
  UtcTime time{};
  std::vector<std::string> entries;  // as for `posternctl block`
};

struct StrongCampaign {
  std::string name;  // C7
  std::string text;  // as `posternctl radar` shows it; lines
  boost::json::object json;
  std::vector<StrongProposal> proposals;  // never empty
};

// `radar-proposals` in the folder of `state:`.
std::string strong_proposals_path(const std::string& state_folder);

// The text of the file. Pure.
std::string strong_proposals_text(const RadarFeed& feed);
Result<void> write_strong_proposals(const std::string& path, const RadarFeed& feed);

// Those of the last day before `now`. A file that is not there has none. Error: it cannot be read,
// or is damaged.
Result<std::vector<StrongCampaign>> read_strong_proposals(const std::string& path, UtcTime now);

}  // namespace postern::ctl

// Campaigns with their evidence and the command that stops each, for a person and for a program.
// Pure; what came from strangers is escaped, and is in no command.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ctl/radar/radar_feed.h"

namespace postern::ctl {

// `C7`; none for another text.
std::optional<std::uint64_t> campaign_number(std::string_view text);

// An entry as a word for a shell: `192.0.2.0/24`, `'complains.*'`. REQUIRES: of plain characters.
std::string shell_word(const std::string& entry);

// `posternctl block 192.0.2.0/24 'complains.*' --for 7d --reason 'radar C7'`
std::string block_command(const radar::Campaign& campaign);
// What it says: these values, for so long, for that reason.
std::vector<std::string> entries_of(const radar::Campaign& campaign);
inline constexpr std::chrono::hours kBlockFor{24 * 7};
std::string block_reason(const radar::Campaign& campaign);

// A line about what was read, and some for each campaign.
std::string radar_text(const RadarFeed& feed);
// One campaign as radar_text() has it.
std::string campaign_summary(const RadarFeed& feed, const radar::Campaign& campaign);
// One campaign: each proposal with its evidence.
std::string campaign_text(const RadarFeed& feed, const radar::Campaign& campaign);
boost::json::object campaign_json(const RadarFeed& feed, const radar::Campaign& campaign);
boost::json::object radar_json(const RadarFeed& feed);

}  // namespace postern::ctl

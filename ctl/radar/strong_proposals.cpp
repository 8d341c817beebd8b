#include "ctl/radar/strong_proposals.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "common/json/parse_json.h"
#include "common/os/atomic_file.h"
#include "common/os/text_file.h"
#include "ctl/cli/json_read.h"
#include "ctl/radar/radar_page.h"

namespace postern::ctl {
namespace {

constexpr std::size_t kMaxStrongFile = std::size_t{16} << 20;
constexpr int kVersion = 1;

bool is_of_the_last_day(const radar::Campaign& campaign, UtcTime now) {
  return std::any_of(
      campaign.proposals.begin(), campaign.proposals.end(), [&](const radar::Proposal& one) {
        return one.strength == radar::Strength::strong && one.time + kStrongFor > now;
      });
}

std::optional<StrongProposal> strong_proposal_of(const boost::json::object& object, UtcTime now) {
  const std::string time = text_of(object, "time");
  const auto proposed = parse_expiry(time);
  if (text_of(object, "strength") != radar::to_string(radar::Strength::strong) || !proposed ||
      *proposed + kStrongFor <= now) {
    return std::nullopt;
  }
  StrongProposal one{
      text_of(object, "kind") + " " + text_of(object, "key") + " " + time, *proposed, {}};
  for (const boost::json::value& entry : array_of(object, "entries")) {
    if (const auto* text = entry.if_string()) one.entries.emplace_back(*text);
  }
  return one;
}

std::optional<StrongCampaign> strong_campaign_of(const boost::json::object& object, UtcTime now) {
  StrongCampaign campaign{text_of(object, "id"), {}, object, {}};
  // Of several lines, which text_of() would escape.
  const auto* const text = object.if_contains("text");
  if (text != nullptr && text->is_string()) campaign.text = text->get_string();
  for (const boost::json::value& one : array_of(object, "proposals")) {
    if (auto proposal = strong_proposal_of(as_object(one), now)) {
      campaign.proposals.push_back(*std::move(proposal));
    }
  }
  return campaign.proposals.empty() ? std::nullopt : std::optional(std::move(campaign));
}

}  // namespace

std::string strong_proposals_path(const std::string& state_folder) {
  return state_folder + "/radar-proposals";
}

std::string strong_proposals_text(const RadarFeed& feed) {
  const UtcTime now = feed.machine().age().now;
  boost::json::array campaigns;
  std::size_t count = 0;
  const auto& all = feed.campaigns().all();
  for (auto one = all.rbegin(); one != all.rend() && count < kMaxStrong; ++one) {
    if (one->is_dismissed || !is_of_the_last_day(*one, now)) continue;
    count += one->proposals.size();
    boost::json::object object = campaign_json(feed, *one);
    object["text"] = campaign_summary(feed, *one);
    campaigns.push_back(std::move(object));
  }
  std::reverse(campaigns.begin(), campaigns.end());
  return boost::json::serialize(
             boost::json::object{{"v", kVersion}, {"campaigns", std::move(campaigns)}}) +
         "\n";
}

Result<void> write_strong_proposals(const std::string& path, const RadarFeed& feed) {
  return os::replace_file(path, strong_proposals_text(feed), os::NewReaders::owner);
}

Result<std::vector<StrongCampaign>> read_strong_proposals(const std::string& path, UtcTime now) {
  std::vector<StrongCampaign> campaigns;
  std::error_code failed;
  if (!std::filesystem::exists(path, failed) && !failed) return campaigns;
  // Root reads it, too, in a folder where it is another account that makes links.
  const auto file = os::read_identified_file(path, kMaxStrongFile, os::Links::refuse);
  if (!file) return tl::unexpected(file.error());
  const auto parsed = json::parse_json(file->text);
  if (!parsed || !parsed->is_object() || count_of(parsed->get_object(), "v") != kVersion) {
    return failure(path + ": found no proposals of version " + std::to_string(kVersion));
  }
  for (const boost::json::value& one : array_of(parsed->get_object(), "campaigns")) {
    if (auto campaign = strong_campaign_of(as_object(one), now)) {
      campaigns.push_back(*std::move(campaign));
    }
  }
  return campaigns;
}

}  // namespace postern::ctl

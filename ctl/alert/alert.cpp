#include "ctl/alert/alert.h"

#include <algorithm>
#include <utility>

#include "common/base/escape.h"
#include "common/base/fingerprint.h"
#include "ctl/radar/radar_page.h"
#include "server/control/control_json.h"

namespace postern::ctl {
namespace {

constexpr int kBodyVersion = 1;
constexpr std::size_t kMaxSubject = 120;

bool has_one_of(const StrongCampaign& campaign, const std::vector<AlertMark>& proposals) {
  return std::any_of(proposals.begin(), proposals.end(), [&](const AlertMark& mark) {
    return std::any_of(
        campaign.proposals.begin(), campaign.proposals.end(),
        [&](const StrongProposal& proposal) { return proposal.id == mark.proposal; });
  });
}

// `C7, C8 on mx1.example.org`
std::string subject_of(const Alert& alert) {
  std::string names;
  for (const StrongCampaign& one : alert.campaigns) names += (names.empty() ? "" : ", ") + one.name;
  return "Postern radar: " + (names.empty() ? "a test" : names) + " on " + alert.host;
}

std::string braked_text(const std::vector<BrakedEntry>& braked) {
  if (braked.empty()) return {};
  std::string text = "The brake answers these with 451 meanwhile:\n";
  std::string command = "    posternctl unblock";
  for (const BrakedEntry& one : braked) {
    text += "    " + one.entry + " until " + format_utc(one.until) + "\n";
    command += " " + shell_word(one.entry);
  }
  return text + "This lets them in again:\n" + command + "\n\n";
}

}  // namespace

Alert alert_of(const std::vector<StrongCampaign>& strong, const std::vector<AlertMark>& proposals,
               std::string host, UtcTime now) {
  Alert alert{{}, std::move(host), now, {}};
  std::string all = alert.host;
  for (const AlertMark& one : proposals) all += '\n' + one.proposal;
  if (proposals.empty()) all += '\n' + format_utc(now);
  alert.id = fingerprint_of(all).to_string();
  for (const StrongCampaign& one : strong) {
    if (has_one_of(one, proposals)) alert.campaigns.push_back(one);
  }
  return alert;
}

std::string alert_json(const Alert& alert) {
  boost::json::array campaigns;
  boost::json::array braked;
  for (const StrongCampaign& one : alert.campaigns) campaigns.push_back(one.json);
  for (const BrakedEntry& one : alert.braked) {
    braked.push_back(boost::json::object{{"entry", one.entry}, {"until", format_utc(one.until)}});
  }
  return boost::json::serialize(boost::json::object{{"v", kBodyVersion},
                                                    {"id", alert.id},
                                                    {"host", control::json_text(alert.host)},
                                                    {"time", format_utc(alert.time)},
                                                    {"test", alert.campaigns.empty()},
                                                    {"campaigns", std::move(campaigns)},
                                                    {"braked", std::move(braked)}}) +
         "\n";
}

std::string alert_mail(const Alert& alert, const std::string& recipient) {
  std::string text = "To: " + recipient +
                     "\nSubject: " + reply_safe(subject_of(alert), kMaxSubject) +
                     "\nAuto-Submitted: auto-generated\nX-Postern-Alert: " + alert.id +
                     "\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
                     "Content-Transfer-Encoding: 8bit\n\n";
  if (alert.campaigns.empty()) {
    return text + "This is a test: alerts of the radar get here. There is no campaign.\n";
  }
  for (const StrongCampaign& one : alert.campaigns) text += one.text + "\n";
  return text + braked_text(alert.braked) +
         "The last line of each stops it. `posternctl radar show NAME` has more; if it is mail "
         "that\n"
         "somebody wants: posternctl radar dismiss NAME --reason 'whose mail it is'\n";
}

}  // namespace postern::ctl

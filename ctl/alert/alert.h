// An alert: strong proposals with their evidence and the command that stops each, as a mail, and as
// JSON for programs (docs/alerts.md). Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/utc_date.h"
#include "ctl/radar/alert_memory.h"
#include "ctl/radar/strong_proposals.h"

namespace postern::ctl {

struct BrakedEntry {
  std::string entry;
  UtcTime until{};
};

struct Alert {
  std::string id;  // of its proposals: the same when it is sent again
  std::string host;
  UtcTime time{};
  std::vector<StrongCampaign> campaigns;  // empty: a test
  std::vector<BrakedEntry> braked = {};   // what the brake holds back of them
};

// The campaigns that have one of these proposals.
Alert alert_of(const std::vector<StrongCampaign>& strong, const std::vector<AlertMark>& proposals,
               std::string host, UtcTime now);

// One line and the end of it.
std::string alert_json(const Alert& alert);
// A message for sendmail(8), with header and body. REQUIRES: `recipient` is as the settings have
// it.
std::string alert_mail(const Alert& alert, const std::string& recipient);

}  // namespace postern::ctl

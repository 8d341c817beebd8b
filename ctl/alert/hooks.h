// The ways that an alert goes out, by the settings: a command, a mail, a webhook. Each blocks, for
// about half a minute at most.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "ctl/alert/alert.h"
#include "server/config/radar_settings.h"

namespace postern::ctl {

struct Hook {
  std::string name;  // command, mail, webhook
  // Error: why it has not arrived, as far as that is known.
  std::function<Result<void>(const Alert&)> send;
};

std::vector<Hook> hooks_of(const config::RadarSettings& settings);

}  // namespace postern::ctl

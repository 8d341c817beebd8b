// How the lists out of SPF are doing, for `status` and the metrics. A value.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/utc_date.h"

namespace postern::service {

struct SpfListStatus {
  std::optional<UtcTime> asked;       // when all of its domains were asked last
  std::vector<std::string> problems;  // of its domains, and of its file
  std::vector<std::string> left_out;  // what they publish that is no network to be taken
};

// By the list's name.
using SpfListStatuses = std::map<std::string, SpfListStatus>;

}  // namespace postern::service

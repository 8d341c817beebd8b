// Name servers for the metrics. Pure.
#pragma once

#include <vector>

#include "common/resolver/resolver.h"

namespace postern::control {

// A server that the settings name twice is one series: its counts are added up, and it is down when
// all of it is.
std::vector<resolver::UpstreamHealth> upstreams_once(
    const std::vector<resolver::UpstreamHealth>& upstreams);

}  // namespace postern::control

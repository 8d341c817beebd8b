#include "server/control/upstreams_once.h"

#include <algorithm>
#include <functional>

namespace postern::control {

std::vector<resolver::UpstreamHealth> upstreams_once(
    const std::vector<resolver::UpstreamHealth>& upstreams) {
  std::vector<resolver::UpstreamHealth> all;
  for (const resolver::UpstreamHealth& upstream : upstreams) {
    const auto known = std::find_if(
        all.begin(), all.end(),
        [&](const resolver::UpstreamHealth& one) { return one.server == upstream.server; });
    if (known == all.end()) {
      all.push_back(upstream);
      continue;
    }
    known->down = known->down && upstream.down;
    std::transform(known->outcomes.begin(), known->outcomes.end(), upstream.outcomes.begin(),
                   known->outcomes.begin(), std::plus<>());
  }
  return all;
}

}  // namespace postern::control

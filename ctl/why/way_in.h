// The commands that let in mail that is refused now, each of which does it: what it writes stands
// above what refuses. Pure.
#pragma once

#include <optional>
#include <string>

#include "rules/explain/explanation.h"

namespace postern::ctl {

struct WayIn {
  std::string for_a_week;  // `posternctl allow 192.0.2.7 --list trusted --for 7d`; empty: none
  std::string for_good;    // the same without end
  std::string take_back;   // `posternctl unblock .adp.example`; empty: no entry refuses
};

// Nothing: it comes in. As narrow as the lists of the rules allow: this client for the check that
// refuses, the sender's address, the client, the sender's domain, in this order.
std::optional<WayIn> way_in(const explain::Explanation& explanation);

}  // namespace postern::ctl

// The entry that lets in mail that is refused now, and the commands that write it: each of them
// does it, as what it writes stands above what refuses. Pure.
#pragma once

#include <optional>
#include <string>

#include "rules/explain/explanation.h"

namespace postern::ctl {

struct LettingEntry {
  std::string value;
  std::string check;  // that is skipped; empty: the mail passes
  std::string list;
  friend bool operator==(const LettingEntry&, const LettingEntry&) = default;
};

struct WayIn {
  std::optional<LettingEntry> entry;  // none: no list of the rules does it
  std::string take_back;              // `posternctl unblock .adp.example`; empty: no entry refuses

  // `posternctl allow 192.0.2.7 --list trusted`, without end and for a week; empty: no entry.
  [[nodiscard]] std::string for_good() const;
  [[nodiscard]] std::string for_a_week() const;
  friend bool operator==(const WayIn&, const WayIn&) = default;
};

// Nothing: it comes in. As narrow as the lists of the rules allow: this client for the check that
// refuses, the sender's address, the client, the sender's domain, in this order.
std::optional<WayIn> way_in(const explain::Explanation& explanation);

}  // namespace postern::ctl

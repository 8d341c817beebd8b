// What the audit of the lists has found, as lines for a person. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/diagnostic.h"
#include "common/base/utc_date.h"
#include "rules/snapshot.h"

namespace postern::ctl {

// Something odd that is no fault.
struct ListNote {
  Position where;
  std::string message;
};

// Of every list: entries that are there twice, covered by others, expired, or below a name that
// stands for itself; and of lists by which mail is refused, those that hit popular domains. Some of
// each kind, and how many more there are.
std::vector<ListNote> audit_notes(const Snapshot& snapshot, UtcTime now);

}  // namespace postern::ctl

// What a replay has read, beside the decisions. A value.
#pragma once

#include <cstdint>
#include <optional>

#include "ctl/replay/as_recorded.h"
#include "server/journal/segment_records.h"

namespace postern::ctl {

struct PastRead {
  // Of logs:
  std::uint64_t lines = 0;
  std::uint64_t own = 0;                // decisions that were left out (MtaDecisions)
  std::uint64_t without_beginning = 0;  // recipients (MtaDecisions)
  // Of a journal:
  std::optional<journal::JournalCounts> journal;
  AsRecordedCounts as_recorded;
};

}  // namespace postern::ctl

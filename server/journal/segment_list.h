// The segments of the journal that lie in its folder.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "rules/journal/segment_name.h"

namespace postern::journal {

struct SegmentPlace {
  std::string path;
  SegmentName name;
};

// In the order of time; files of other names are passed over. A folder that is not there has none.
// Blocks. Error: it cannot be read.
Result<std::vector<SegmentPlace>> segments_in(const std::string& folder);

// Each segment once: a daemon that was stopped between the two has left both, of which the packed
// one is whole.
Result<std::vector<SegmentPlace>> whole_segments_in(const std::string& folder);

// What it is called while it is not packed.
std::string unpacked_name(SegmentName name);

}  // namespace postern::journal

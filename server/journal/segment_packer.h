// What becomes of closed segments: they are compressed, and the oldest go when they are too old or
// all of them take too much room. Of a daemon that was killed the segments that it left behind are
// closed as well: nobody holds their lock. Any thread, one at a time; blocks on files, for a while.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/base/result.h"

namespace postern::journal {

struct JournalBounds {
  std::chrono::days age{7};
  std::uint64_t bytes = 0;  // on the disk
};

struct PackedFolder {
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;    // that they take
  std::uint64_t removed = 0;  // segments, this time
};

// Compresses what is closed in the folder, then removes what is beyond the bounds, the oldest
// first; segments that are being written stay. What another process does in the folder meanwhile is
// no error. Error: the first that there was, after all has been tried.
Result<PackedFolder> pack_and_prune(const std::string& folder, const JournalBounds& bounds,
                                    std::chrono::system_clock::time_point now);

}  // namespace postern::journal

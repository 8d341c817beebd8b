// A change of a text as blocks of lines that can be taken back one by one, also when other lines
// have changed since. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace postern::ctl {

// Lines that stood, and stand, in the same place. All texts are without line ends.
struct LineHunk {
  std::size_t at = 1;                // of the first added line, or of what was behind the removed
  std::string above;                 // the line in front of it, in the text afterwards
  std::vector<std::string> removed;  // at least one of both
  std::vector<std::string> added;
  friend bool operator==(const LineHunk&, const LineHunk&) = default;
};

// In the order of the text.
std::vector<LineHunk> hunks_between(std::string_view before, std::string_view after);

// `text` with the added lines of `hunks` replaced by the removed ones, wherever they stand now: of
// several that are the same, those below the line that stood above them, and else those nearest to
// where they stood; where others have come in between, each by itself. Error: lines that are not
// there any more as they were added, with the first of them. With `text` as it was after the change
// the result has the lines of before.
Result<std::string> without_hunks(std::string_view text, const std::vector<LineHunk>& hunks);

}  // namespace postern::ctl

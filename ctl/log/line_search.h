// The lines of a log that hold one of several texts, found without reading the others: blocks of
// the log are searched by memmem(3), and only what is found is cut into lines.
#pragma once

#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace postern::ctl {

// Calls `found` for each such line, in their order, without its end. A line longer than kMaxLogLine
// is passed over. `needles` are not empty, and hold no line end. False: the stream failed before
// its end.
bool find_lines(std::istream& in, const std::vector<std::string>& needles,
                const std::function<void(std::string_view)>& found);

}  // namespace postern::ctl

// What goes on now, for a person and for a program. Pure; texts from outside are escaped.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "ctl/report/recent_counts.h"

namespace postern::report {

std::string top_text(const RecentPage& page, UtcTime now);
// As much of it as a terminal shows: fewer rows of each table, one at least, and the beginning of
// each line.
struct TerminalSize {
  std::size_t lines = 0;
  std::size_t columns = 0;
};
std::string top_text_within(RecentPage page, UtcTime now, TerminalSize size);
boost::json::object top_json(const RecentPage& page, UtcTime now);

}  // namespace postern::report

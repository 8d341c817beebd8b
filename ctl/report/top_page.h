// What goes on now, for a person and for a program. Pure; texts from outside are escaped.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "ctl/report/recent_counts.h"

namespace postern::report {

std::string top_text(const RecentPage& page, UtcTime now);
boost::json::object top_json(const RecentPage& page, UtcTime now);

}  // namespace postern::report

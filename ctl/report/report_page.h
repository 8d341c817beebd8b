// What was counted in a log, for a person and for a program. Pure; texts from outside are escaped.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string>

#include "ctl/report/report_counts.h"

namespace postern::report {

// `top`: of each table so many rows.
std::string report_text(const ReportCounts& counts, std::size_t top);
boost::json::object report_json(const ReportCounts& counts, std::size_t top);

}  // namespace postern::report

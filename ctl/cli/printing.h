// What commands print alike: what the daemons answered, columns, sizes, and times with their age.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/duration.h"
#include "common/base/utc_date.h"
#include "ctl/cli/command.h"
#include "ctl/cli/daemons.h"

namespace postern::ctl {

// Prints what went wrong; the severity of the worst is the result.
CtlExit print_faults(const std::vector<DaemonAnswer>& answers, const Console& console);

// Of each daemon `{"daemon": NAME, KEY: body}`, or its `error`.
boost::json::array json_answers(const std::vector<DaemonAnswer>& answers, std::string_view key);

// `2026-11-21T18:00:00Z (4m ago)`; `-` for no time.
std::string time_with_age(const std::string& time, UtcTime now);
// `17 B`, `3.2 KiB`, `64.0 MiB`
std::string rough_size(std::uint64_t bytes);

// What a daemon says of its journal (/v1/status): `4711 records, 2.0 MiB, none dropped`.
std::string journal_text(const boost::json::object& journal);
// `9000 records, 781 KiB of 256 MiB, 3 effects waiting`: of the status of a store.
std::string store_text(const boost::json::object& store);

// Rows of words as columns, two blanks between them.
std::string as_columns(const std::vector<std::vector<std::string>>& rows);

}  // namespace postern::ctl

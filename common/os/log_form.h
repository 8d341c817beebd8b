// What a line of the log looks like: what stands round it, as text or as a JSON object, in a file
// or in the journal. Pure.
#pragma once

#include <spdlog/formatter.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/base/log_format.h"

namespace postern::os {

enum class LogTarget { journal, elsewhere };

// Puts time and level, or the journal's prefix, round a line; for LogFormat::json round the members
// of an object.
std::unique_ptr<spdlog::formatter> log_formatter(LogTarget target, LogFormat format);

// A line that has no fields, as the member of an object.
std::string message_member(std::string_view line);

}  // namespace postern::os

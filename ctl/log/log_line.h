// A decision line of the log (docs/log.md), read back: what rules/explain/decision_line.h has
// written, as text or as JSON, as a person has copied it, with whatever a log daemon has put in
// front. Pure; every byte is hostile.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace postern::ctl {

struct LogValue {
  std::string text;  // without quotes and escapes
  bool cut = false;  // ended in `...`: the log may hold only the beginning
};

using LogFields = std::map<std::string, LogValue, std::less<>>;

// The text of one; empty when it is not there.
const std::string& field_of(const LogFields& fields, std::string_view key);

inline constexpr std::size_t kMaxLogLine = 65536;

// Whether there is a decision in it.
bool is_decision_line(std::string_view line);

// The fields behind `decision`, without time, level and message of an object. Of keys that are
// there twice the first counts (in an object the last), as in the line that was written none is.
// Errors: no decision in it, longer than kMaxLogLine, a value that is cut off or escaped wrongly,
// an object with a value that is no text and no number.
Result<LogFields> read_log_line(std::string_view line);

}  // namespace postern::ctl

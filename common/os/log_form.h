// What a line of the log looks like: what stands around it, as text or as a JSON object, in a file
// or in the journal. Not for several threads at once.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/log_format.h"

namespace postern::os {

enum class LogTarget { journal, elsewhere };

class LogForm {
 public:
  using TimePoint = std::chrono::system_clock::time_point;

  LogForm(LogTarget target, LogFormat format) : target_(target), format_(format) {}

  // Appends a line with its end: with the journal's prefix for its level, or with local time and
  // level. For LogFormat::json `line` has the members of an object.
  void append(std::string& out, LogLevel level, std::string_view line, TimePoint time);
  // The same for a line that has no fields, in either format.
  void append_message(std::string& out, LogLevel level, std::string_view line, TimePoint time);

 private:
  void append_time(std::string& out, TimePoint time);

  LogTarget target_;
  LogFormat format_;
  // The local time and its offset, written once for all lines of a second.
  std::chrono::sys_seconds second_{};
  std::string local_;   // 2026-11-21T13:40:02
  std::string offset_;  // +01:00
};

// A line that has no fields, as the member of an object.
std::string message_member(std::string_view line);

}  // namespace postern::os

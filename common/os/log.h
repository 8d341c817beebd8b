// The daemons' log: one line per event, to stderr or to a file.
//
// Lines are gathered and written by a thread of the log's own, a moment later (warnings and errors
// at once): no caller ever waits for a disk or the journal. What cannot be written in time, or at
// all, is dropped and counted; the count is told when writing works again.
//
// To the journal (stderr with $JOURNAL_STREAM) lines go with a `<N>` level prefix, elsewhere with
// time and level. As JSON each is an object with time, level and message, behind that prefix.
// Create it once privileges are dropped. Every function may be called from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "common/os/log_settings.h"
#include "common/os/system_error.h"

namespace postern::os {

class LogWriter;  // common/os/log_writer.h

class DaemonLog {
 public:
  // Error: the file cannot be opened.
  static SystemResult<std::unique_ptr<DaemonLog>> open(const LogSettings& settings);
  ~DaemonLog();  // writes what is left, but does not wait for a reader that is stuck
  DaemonLog(const DaemonLog&) = delete;
  DaemonLog& operator=(const DaemonLog&) = delete;

  [[nodiscard]] LogFormat format() const { return format_; }
  [[nodiscard]] bool enabled(LogLevel level) const {
    return level <= level_.load(std::memory_order_relaxed);
  }
  // For the lines from now on.
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  // One line: a control character in it becomes `\xNN`, whatever it came from.
  void write(LogLevel level, std::string_view line);
  void error(std::string_view line) { write(LogLevel::error, line); }
  void warning(std::string_view line) { write(LogLevel::warning, line); }
  void info(std::string_view line) { write(LogLevel::info, line); }
  void debug(std::string_view line) { write(LogLevel::debug, line); }

  // A line of several fields, where format() is json: members of an object, without its braces
  // (`"message":"decision","door":"policy"`). REQUIRES: they are valid, of ASCII or UTF-8, without
  // controls.
  void write_members(LogLevel level, std::string_view members);

  // Begins a new file if the old one was renamed; does nothing on stderr. On an error the log goes
  // on with what it has.
  Result<void> reopen();
  // Returns when every line so far is written.
  void flush();

 private:
  DaemonLog(const LogSettings& settings, std::unique_ptr<LogWriter> writer);

  const std::string file_;  // empty: stderr
  const LogFormat format_;
  std::atomic<LogLevel> level_;
  std::unique_ptr<LogWriter> writer_;
};

}  // namespace postern::os

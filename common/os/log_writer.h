// Gathers the lines of the log, and writes them with a thread of its own a moment later (warnings
// and errors at once), so that no caller waits for a disk or the journal. What cannot be written in
// time, or at all, is dropped and counted; a line tells the count when writing works again. Every
// function may be called from any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "common/base/log_format.h"
#include "common/os/log_form.h"
#include "common/os/unique_fd.h"

namespace postern::os {

class LogWriter {
 public:
  LogWriter(UniqueFd fd, LogForm form);
  ~LogWriter();  // writes what is left, but does not wait for a reader that is stuck
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // As LogForm::append() takes it.
  void put(LogLevel level, std::string_view line) noexcept;
  // Lines so far go to the old descriptor, later ones to this.
  void replace(UniqueFd fd);
  // Returns when every line so far is written, or dropped.
  void wait_until_written();

 private:
  void run();
  void write_batch(std::size_t dropped);
  std::string_view write_lines(std::string_view lines);
  std::string told_lost();

  std::mutex mutex_;  // guards these
  LogForm form_;
  std::string pending_;
  std::size_t dropped_ = 0;
  bool urgent_ = false;
  bool ending_ = false;
  std::uint64_t taken_ = 0;  // batches to be written, the last of them perhaps on its way
  std::uint64_t done_ = 0;   // batches
  std::condition_variable wake_;
  std::condition_variable written_;

  std::string batch_;  // the thread's own

  std::mutex fd_mutex_;  // guards these
  UniqueFd fd_;
  bool in_a_line_ = false;  // the last line that was written has no end
  std::size_t lost_ = 0;    // lines, since it was told last

  std::thread thread_;  // last: it uses all the others
};

}  // namespace postern::os

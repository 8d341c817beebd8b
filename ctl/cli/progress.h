// That long work goes on: on a terminal, after a second, how long it has taken. Owns a thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "ctl/cli/command.h"

namespace postern::ctl {

// From its making on to its end nobody else writes to standard output; then the line is gone again.
class Progress {
 public:
  // `what`: `reading access`. `every`: also how long nothing is said at first.
  Progress(const CommandContext& context, std::string what,
           std::chrono::milliseconds every = std::chrono::seconds{1});
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

 private:
  void run(std::chrono::milliseconds every);

  const Console& console_;
  std::string what_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;  // guarded by mutex_
  std::thread thread_;  // none: nobody sees it
};

}  // namespace postern::ctl

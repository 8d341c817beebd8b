// For a command that goes on until it is told to stop: signals that end it come while it waits, and
// nowhere else. For the main thread; only one at a time.
#pragma once

#include <chrono>
#include <csignal>

namespace postern::ctl {

class StopSignals {
 public:
  StopSignals();  // from here on SIGTERM and SIGINT wait
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  // Waits so long. Whether one has come.
  [[nodiscard]] bool wait(std::chrono::seconds time) const;

 private:
  sigset_t set_{};
  sigset_t before_{};
};

}  // namespace postern::ctl

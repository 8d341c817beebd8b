#include "ctl/cli/stop_signals.h"

#include <ctime>

namespace postern::ctl {

StopSignals::StopSignals() {
  ::sigemptyset(&set_);
  ::sigaddset(&set_, SIGTERM);
  ::sigaddset(&set_, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
}

StopSignals::~StopSignals() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool StopSignals::wait(std::chrono::seconds time) const {
  const timespec limit{time.count(), 0};
  return ::sigtimedwait(&set_, nullptr, &limit) > 0;
}

}  // namespace postern::ctl

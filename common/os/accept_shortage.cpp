#include "common/os/accept_shortage.h"

#include <cerrno>
#include <string>
#include <system_error>

namespace postern::os {

bool AcceptShortage::is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

void AcceptShortage::note(int error, TimePoint now) {
  const std::lock_guard lock(mutex_);
  last_ = now;
  if (++times_ > 1) return;
  began_ = now;
  error_ = error;
  log_.error("connections have to wait: " + std::generic_category().message(error));
}

void AcceptShortage::report(TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (times_ == 0 || now - last_ < kQuiet) return;
  const auto lasted = std::chrono::ceil<std::chrono::seconds>(last_ - began_);
  log_.warning("connections are taken at once again; they had to wait for " +
               std::to_string(lasted.count()) + " s");
  times_ = 0;
}

std::string AcceptShortage::waiting_for() const {
  const std::lock_guard lock(mutex_);
  return times_ == 0 ? std::string() : std::generic_category().message(error_);
}

}  // namespace postern::os

#include "common/os/watchdog.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace postern::os {

Watchdog::Watchdog(std::vector<boost::asio::any_io_executor> loops, SystemdNotify notify,
                   std::chrono::microseconds interval)
    : loops_(std::move(loops)),
      notify_(std::move(notify)),
      pause_(interval / 2),
      timer_(loops_.front()) {}

void Watchdog::start() {
  pass_on(0);
}

void Watchdog::pass_on(std::size_t next) {
  if (next < loops_.size()) {
    boost::asio::post(loops_[next], [this, next] { pass_on(next + 1); });
    return;
  }
  notify_.alive();
  boost::asio::post(loops_.front(), [this] { wait(); });
}

void Watchdog::wait() {
  timer_.expires_after(pause_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) pass_on(0);
  });
}

}  // namespace postern::os

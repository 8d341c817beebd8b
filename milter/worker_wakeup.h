// Makes libmilter's worker threads look for work while other workers wait in callbacks.
//
// Debian's libmilter (worker.c, _FFR_WORKERS_POOL) gives a command of an MTA to an idle worker, and
// counts a worker as idle until it is awake. In a burst it leaves several sessions to one worker,
// and they wait until any worker is done. A worker that libmilter wakes for another reason looks
// for such sessions first. WorkerWakeup gives it that reason as long as a callback waits: a packet,
// which libmilter reads and forgets, on connections of our own.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace postern::milter {

// The server owns it. Everything but waiting() runs on the executor, which is one thread. Never
// blocks.
class WorkerWakeup {
 public:
  struct Pace {
    std::chrono::milliseconds while_waiting{20};
    // Between two packets on each connection: libmilter closes one that is silent for 7210 s.
    std::chrono::milliseconds keep_alive{std::chrono::minutes{30}};
  };
  using Reopen = std::function<Result<os::UniqueFd>()>;

  struct Release {
    void operator()(WorkerWakeup* in) const {
      in->waiting_.fetch_sub(1, std::memory_order_relaxed);
    }
  };
  // A callback waits as long as its Wait lives. WorkerWakeup outlives every Wait.
  using Wait = std::unique_ptr<WorkerWakeup, Release>;

  // `connections`: to libmilter's own socket; without any, it does nothing. `reopen` replaces a
  // connection that breaks; if `reopen` fails, the others go on, and it is tried again later.
  // REQUIRES: after the destructor, the executor runs nothing that was posted before.
  WorkerWakeup(const boost::asio::any_io_executor& executor, std::vector<os::UniqueFd> connections,
               Reopen reopen, Pace pace);
  WorkerWakeup(const WorkerWakeup&) = delete;
  WorkerWakeup& operator=(const WorkerWakeup&) = delete;

  // A callback keeps the result while it waits. Any thread may call this. May throw
  // std::bad_alloc.
  [[nodiscard]] Wait waiting();

 private:
  void begin();
  void go_on();
  void keep_alive();
  void wake();
  bool wake_over(std::size_t index);

  const bool has_any_;
  const Pace pace_;
  const Reopen reopen_;
  std::atomic<std::size_t> waiting_{0};
  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer keep_alive_timer_;
  std::vector<os::UniqueFd> connections_;
  std::size_t next_ = 0;
  bool going_on_ = false;
};

}  // namespace postern::milter

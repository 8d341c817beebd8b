// Sees to it that libmilter's worker threads look for work while others of them wait in callbacks.
//
// Debian's libmilter (worker.c, _FFR_WORKERS_POOL) gives what an MTA says to an idle worker and
// counts a worker as idle until it is awake: in a burst several sessions are left to one worker,
// and stay where they are until any worker is done. A worker that is signalled or launched for
// something else looks for them first thing. So there is something else, as long as anybody waits:
// a packet that libmilter reads and forgets, on connections of our own.
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

// All but waiting() happens on the executor, which is one thread. Never blocks.
class WorkerWakeup {
 public:
  struct Pace {
    std::chrono::milliseconds while_waiting{20};
    // On each connection, whatever happens: libmilter closes those that say nothing for 7210 s.
    std::chrono::milliseconds keep_alive{std::chrono::minutes{30}};
  };
  using Reopen = std::function<Result<os::UniqueFd>()>;

  struct Release {
    void operator()(WorkerWakeup* in) const {
      in->waiting_.fetch_sub(1, std::memory_order_relaxed);
    }
  };
  // Somebody waits for as long as this lives. The pool outlives it.
  using Wait = std::unique_ptr<WorkerWakeup, Release>;

  // `connections`: to libmilter's own socket. In the place of one that breaks comes what `reopen`
  // gives; when it gives nothing, the others have to do until it does. Without any it does nothing
  // at all.
  // What is still posted to the executor when this is destroyed must not run any more.
  WorkerWakeup(const boost::asio::any_io_executor& executor, std::vector<os::UniqueFd> connections,
               Reopen reopen, Pace pace);
  WorkerWakeup(const WorkerWakeup&) = delete;
  WorkerWakeup& operator=(const WorkerWakeup&) = delete;

  // To be held while a callback waits. From any thread. May throw std::bad_alloc.
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

// One thread with its event loop and the connections that live on it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_map>

#include "common/io/unique_fd.h"
#include "policyd/session.h"

namespace postern {

class SessionLoop {
 public:
  // `session_ended` is called on the loop's thread each time a connection is over.
  explicit SessionLoop(std::function<void()> session_ended);
  ~SessionLoop();  // ends at once
  SessionLoop(const SessionLoop&) = delete;
  SessionLoop& operator=(const SessionLoop&) = delete;

  // `services` outlive the loop.
  void start(const SessionServices& services);
  // Returns when the loop has ended.
  void join();

  // From here on: from any thread.
  boost::asio::io_context& context() { return context_; }
  // A connected, non-blocking stream socket of that address family. REQUIRES: started.
  void take(UniqueFd fd, int family);
  // Idle connections are closed, the others after their reply, and new ones at once.
  void finish();
  void close_all();
  // Ends the loop with whatever is left on it.
  void stop() { context_.stop(); }

 private:
  using Timer =
      boost::asio::basic_waitable_timer<Session::Clock, boost::asio::wait_traits<Session::Clock>,
                                        Session::Executor>;

  void run();
  void begin_session(UniqueFd fd, int family);
  void forget(const Session& session);
  void sweep();
  // Calls `action` for every session; it may close them.
  template <class Action>
  void for_each(Action action);

  const SessionServices* services_ = nullptr;
  std::function<void()> session_ended_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<Session::Executor> work_;
  Timer sweeper_;
  Outbox outbox_{context_};
  std::unordered_map<const Session*, std::shared_ptr<Session>> sessions_;
  bool finishing_ = false;
  std::thread thread_;
};

}  // namespace postern

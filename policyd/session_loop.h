// One thread with its event loop and the connections that live on it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_map>

#include "common/os/unique_fd.h"
#include "policyd/session.h"

namespace postern::policyd {

// A connection that was accepted.
struct Newcomer {
  os::UniqueFd fd;  // connected, non-blocking
  Peer peer;
};

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
  // REQUIRES: started.
  void take(Newcomer newcomer);
  // The same in the place of another: of the connections of this loop (of that address, if one is
  // given) closes the one that has been idle longest. Without such a one nobody makes room. Then,
  // on the loop, `admit` says whether the newcomer has a place now; without one it is closed.
  enum class Room { made, none };
  using Admit = std::function<bool(Newcomer& newcomer, Room room)>;
  void take_in_place(Newcomer newcomer, std::optional<IpAddress> of, Admit admit);
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
  void begin_session(Newcomer newcomer);
  Room make_room(const std::optional<IpAddress>& of);
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
  WaitingSessions waiting_;  // outlives the sessions
  std::unordered_map<const Session*, std::shared_ptr<Session>> sessions_;
  bool finishing_ = false;
  std::thread thread_;
};

}  // namespace postern::policyd

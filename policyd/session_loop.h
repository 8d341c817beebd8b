// One thread with its event loop, and the connections that it serves. The server owns it.
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

// A connection that was accepted and has no session yet.
struct Newcomer {
  os::UniqueFd fd;  // connected, non-blocking
  Peer peer;
};

class SessionLoop {
 public:
  // The loop's thread calls `session_ended` each time a connection is over.
  explicit SessionLoop(std::function<void()> session_ended);
  ~SessionLoop();  // ends the thread at once
  SessionLoop(const SessionLoop&) = delete;
  SessionLoop& operator=(const SessionLoop&) = delete;

  // `services` outlive the loop.
  void start(const SessionServices& services);
  // Returns when the loop has ended.
  void join();

  // Any thread may call the functions from here on.
  boost::asio::io_context& context() { return context_; }
  // REQUIRES: started.
  void take(Newcomer newcomer);
  // The same, but first closes the connection of this loop (of that address, if one is given) that
  // has been idle longest, if there is one. Then, on the loop, `admit` says whether the newcomer
  // has a place; if not, it is closed.
  enum class Room { made, none };
  using Admit = std::function<bool(Newcomer& newcomer, Room room)>;
  void take_in_place(Newcomer newcomer, std::optional<IpAddress> of, Admit admit);
  // Closes idle connections and new ones at once, the others after their reply.
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

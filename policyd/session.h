// One connection of Postfix: reads a request, decides, replies, and begins again. Postfix sends its
// next request after the reply, so the session makes one decision at a time.
//
// One loop (one thread) owns it and calls every function. A decision that has its facts is made in
// the call that read the request, and its reply is sent in the same turn of the loop.
#pragma once

#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policyd/dialogue.h"
#include "policyd/loop_decision.h"
#include "policyd/outbox.h"
#include "policyd/request_buffer.h"
#include "server/service/client_shares.h"
#include "server/service/decision_service.h"

namespace postern::policyd {

// What all sessions of a server share. Everything outlives them.
struct SessionServices {
  service::DecisionService& service;
  DecisionServices decision;
  const std::atomic<std::size_t>& open_connections;
};

// The other end of a connection.
struct Peer {
  int family = 0;
  std::optional<IpAddress> address = std::nullopt;  // none of a unix socket
  // Of the connections that one address may have; none for loopback and unix sockets.
  service::ClientShares::Permit share = nullptr;
};

// A session stands in a row of its loop while it waits for its client.
using SessionHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
class Session;
using SessionRow = boost::intrusive::list<Session, boost::intrusive::base_hook<SessionHook>,
                                          boost::intrusive::constant_time_size<false>>;
// The sessions that have waited longest come first.
struct WaitingSessions {
  SessionRow idle;     // for a request
  SessionRow stalled;  // for the rest of one, or for room for the reply
};

class Session : public HasReply,
                public DecisionOwner,
                public SessionHook,
                public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;
  using Executor = boost::asio::io_context::executor_type;
  using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;

  // Calls `closed` once, when the connection is over; its owner then releases the session. `outbox`
  // and `waiting` belong to the loop.
  Session(Socket socket, Peer peer, const SessionServices& services, Outbox& outbox,
          WaitingSessions& waiting, std::function<void(Session&)> closed);

  void start();
  void send_reply() override;
  void decided() override;
  // Closes the connection in any state.
  void fail(const char* what) noexcept override;
  // Closes the connection: at once if no request has begun, else after the reply. Ends a delay.
  void finish();
  void close();
  // Closes the connection if it has waited for its client too long. The loop calls this every few
  // moments; nothing else watches the time of a connection.
  void close_if_overdue(Clock::time_point now);

  // Whether it may be closed to make room for another connection: its client has sent nothing for a
  // second, and no byte waits to be read. Postfix connects again by itself.
  [[nodiscard]] bool may_make_room(Clock::time_point now) const;
  [[nodiscard]] const Peer& peer() const { return peer_; }

 private:
  using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;
  // replying: the reply is in the outbox; writing: the client has no room for it.
  enum class State { idle, receiving, deciding, delaying, replying, writing, closed };

  void enter(State state);
  void read();
  void on_read(const boost::system::error_code& error, std::size_t size);
  void serve_buffered();
  void serve(const PolicyRequest& request);
  bool begin_delay(std::chrono::milliseconds delay);
  void reply();
  void hand_over_reply();
  void send();
  void await_room();
  void on_writable(const boost::system::error_code& error);
  void request_done();
  void refuse(std::string_view what);
  [[nodiscard]] std::string with_peer(std::string_view what);
  void warn(std::string_view what);
  void warn_of_request(std::string_view what);
  void log_lost_additions();

  Socket socket_;
  Peer peer_;  // without its share once closed
  const SessionServices& services_;
  Outbox& outbox_;
  WaitingSessions& waiting_;
  std::function<void(Session&)> closed_;

  State state_ = State::idle;
  Clock::time_point since_;  // when the state began
  bool finishing_ = false;

  const config::Settings* settings_;  // of the request: those in force when it began
  RequestBuffer buffer_;              // begins with the request that is being read or decided
  Dialogue dialogue_;
  LoopDecision deciding_;
  std::chrono::microseconds took_{0};

  service::GreetingDelay::Permit delay_permit_;
  std::optional<Timer> delay_timer_;

  std::size_t sent_ = 0;  // of the reply
};

}  // namespace postern::policyd

#include "policyd/session_loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace postern::policyd {
namespace {

namespace asio = boost::asio;

// Limits on connections are in seconds; they may be kept this much late.
constexpr std::chrono::milliseconds kSweepInterval{500};

// Of a row of idle connections, until one is found with nothing of it still to be read.
constexpr int kMostLookedAt = 16;

}  // namespace

SessionLoop::SessionLoop(std::function<void()> session_ended)
    : session_ended_(std::move(session_ended)),
      work_(context_.get_executor()),
      sweeper_(context_.get_executor()) {}

SessionLoop::~SessionLoop() {
  stop();
  join();
}

void SessionLoop::start(const SessionServices& services) {
  services_ = &services;
  asio::post(context_, [this] { sweep(); });
  thread_ = std::thread([this] { run(); });
}

void SessionLoop::join() {
  if (thread_.joinable()) thread_.join();
}

void SessionLoop::run() {
  for (;;) {
    try {
      context_.run();
      return;
    } catch (const std::exception& error) {
      // Sessions keep their own errors to themselves; whatever this was, mail goes on.
      services_->service.log().error(std::string("internal error, going on: ") + error.what());
    }
  }
}

void SessionLoop::take(Newcomer newcomer) {
  asio::dispatch(context_, [this, newcomer = std::move(newcomer)]() mutable {
    begin_session(std::move(newcomer));
  });
}

void SessionLoop::take_in_place(Newcomer newcomer, std::optional<IpAddress> of, Admit admit) {
  asio::dispatch(context_,
                 [this, newcomer = std::move(newcomer), of, admit = std::move(admit)]() mutable {
                   if (admit(newcomer, make_room(of))) begin_session(std::move(newcomer));
                 });
}

SessionLoop::Room SessionLoop::make_room(const std::optional<IpAddress>& of) {
  const auto now = Session::Clock::now();
  for (SessionRow* row : {&waiting_.idle, &waiting_.stalled}) {
    int looked_at = 0;
    for (Session& session : *row) {
      if (of && session.peer().address != of) continue;
      if (session.may_make_room(now)) {
        session.close();
        return Room::made;
      }
      // Those behind it have not waited as long.
      if (++looked_at >= kMostLookedAt) break;
    }
  }
  return Room::none;
}

void SessionLoop::begin_session(Newcomer newcomer) {
  auto& [fd, peer] = newcomer;
  const int family = peer.family;
  if (family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Session::Socket socket(context_.get_executor());
  boost::system::error_code error;
  socket.assign(asio::generic::stream_protocol(family, 0), fd.get(), error);
  if (error) {
    services_->service.log().warning("a connection could not be taken: " + error.message());
    session_ended_();
    return;
  }
  static_cast<void>(fd.release());
  auto session = std::make_shared<Session>(std::move(socket), std::move(peer), *services_, outbox_,
                                           waiting_, [this](Session& ended) { forget(ended); });
  sessions_.emplace(session.get(), session);
  session->start();
  if (finishing_) session->finish();
}

void SessionLoop::forget(const Session& session) {
  sessions_.erase(&session);
  session_ended_();
}

template <class Action>
void SessionLoop::for_each(Action action) {
  std::vector<std::shared_ptr<Session>> all;
  all.reserve(sessions_.size());
  for (const auto& [key, session] : sessions_) all.push_back(session);
  for (const auto& session : all) action(*session);
}

void SessionLoop::sweep() {
  const auto now = Session::Clock::now();
  for_each([now](Session& session) { session.close_if_overdue(now); });
  sweeper_.expires_after(kSweepInterval);
  sweeper_.async_wait([this](boost::system::error_code error) {
    if (!error) sweep();
  });
}

void SessionLoop::finish() {
  asio::post(context_, [this] {
    finishing_ = true;
    for_each([](Session& session) { session.finish(); });
  });
}

void SessionLoop::close_all() {
  asio::post(context_, [this] {
    finishing_ = true;
    for_each([](Session& session) { session.close(); });
  });
}

}  // namespace postern::policyd

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

namespace postern {
namespace {

namespace asio = boost::asio;

// Limits on connections are in seconds; they may be kept this much late.
constexpr std::chrono::milliseconds kSweepInterval{500};

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
      services_->log.error(std::string("internal error, going on: ") + error.what());
    }
  }
}

void SessionLoop::take(UniqueFd fd, int family) {
  asio::dispatch(context_, [this, family, fd = std::move(fd)]() mutable {
    begin_session(std::move(fd), family);
  });
}

void SessionLoop::begin_session(UniqueFd fd, int family) {
  if (family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Session::Socket socket(context_.get_executor());
  boost::system::error_code error;
  socket.assign(asio::generic::stream_protocol(family, 0), fd.get(), error);
  if (error) {
    services_->log.warning("a connection could not be taken: " + error.message());
    session_ended_();
    return;
  }
  static_cast<void>(fd.release());
  auto session = std::make_shared<Session>(std::move(socket), *services_, outbox_,
                                           [this](Session& ended) { forget(ended); });
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

}  // namespace postern

#include "policyd/server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <string>
#include <utility>

#include "common/base/ip_scope.h"
#include "common/os/peer_name.h"

namespace postern::policyd {

namespace asio = boost::asio;

PolicyServer::PolicyServer(service::ServerParts parts)
    : loops_(make_loops(std::max(1U, parts.state.settings.current().policyd.threads))),
      service_(parts.state, main_loop().get_executor()),
      services_{service_,
                {service_.facts(), service_.resolver(), costly_, service_.state().store.get()},
                open_connections_},
      listeners_(std::move(parts.listeners)),
      stop_timer_(std::make_unique<asio::steady_timer>(main_loop())) {
  for (const os::Listener& listener : listeners_) {
    acceptors_.push_back(std::make_unique<Acceptor>(
        main_loop(), listener.fd(), service_.shortage(),
        [this](os::UniqueFd fd, const sockaddr_storage& from) { take(std::move(fd), from); }));
  }
}

std::vector<std::unique_ptr<SessionLoop>> PolicyServer::make_loops(unsigned count) {
  std::vector<std::unique_ptr<SessionLoop>> loops;
  for (unsigned i = 0; i < count; ++i) {
    loops.push_back(std::make_unique<SessionLoop>([this] { session_ended(); }));
  }
  return loops;
}

PolicyServer::~PolicyServer() {
  PolicyServer::stop_now();
  stop_timer_.reset();
  // A question in flight may hold a timer of any loop, and all of them live on the first one: it
  // goes before the others.
  service_.leave_executor();
  for (auto& loop : loops_) loop.reset();
}

void PolicyServer::start(std::function<void()> ended) {
  ended_ = std::move(ended);
  asio::post(main_loop(), [this] {
    for (const auto& acceptor : acceptors_) acceptor->start();
    service_.start_reports([this] { report_shed(); });
  });
  costly_.start();
  for (const auto& loop : loops_) loop->start(services_);
}

void PolicyServer::take(os::UniqueFd fd, const sockaddr_storage& from) {
  Newcomer newcomer{std::move(fd), {from.ss_family, os::peer_address(from)}};
  next_loop_ = (next_loop_ + 1) % loops_.size();
  SessionLoop& loop = *loops_[next_loop_];
  const bool has_share = claim_share(newcomer.peer);
  if (has_share && claim_permit()) {
    loop.take(std::move(newcomer));
    return;
  }
  // Whoever has more than a share makes room for himself.
  const auto of = has_share ? std::nullopt : newcomer.peer.address;
  loop.take_in_place(std::move(newcomer), of, [this](Newcomer& one, SessionLoop::Room room) {
    return admit(one.peer, room);
  });
}

bool PolicyServer::admit(Peer& peer, SessionLoop::Room room) {
  if (room == SessionLoop::Room::made) {
    ++evicted_connections_;
    if (claim_share(peer) && claim_permit()) return true;
  }
  ++refused_connections_;
  return false;
}

// Through loopback and unix sockets all come from one address, and this machine's Postfix is among
// them.
bool PolicyServer::claim_share(Peer& peer) {
  if (peer.share || !peer.address || scope_of(*peer.address) == IpScope::loopback) return true;
  const std::size_t max = service_.settings().policyd.max_connections;
  peer.share = peers_.take(*peer.address, service::share_of_one_host(max));
  return peer.share != nullptr;
}

bool PolicyServer::claim_permit() {
  std::size_t open = open_connections_;
  while (open < service_.settings().policyd.max_connections) {
    if (!open_connections_.compare_exchange_weak(open, open + 1)) continue;
    ++accepted_connections_;
    return true;
  }
  return false;
}

void PolicyServer::session_ended() {
  const std::size_t left = --open_connections_;
  if (left == 0 && stopping_) asio::post(main_loop(), [this] { end(); });
}

void PolicyServer::stop() {
  asio::post(main_loop(), [this] { begin_stop(); });
}

void PolicyServer::begin_stop() {
  if (stopping_.exchange(true)) return;
  for (const auto& acceptor : acceptors_) acceptor->stop();
  listeners_.clear();
  for (const auto& loop : loops_) loop->finish();
  stop_timer_->expires_after(service_.settings().policyd.stop_timeout);
  stop_timer_->async_wait([this](boost::system::error_code error) {
    if (error) return;
    service_.log().warning("stop_timeout is over: closing " + std::to_string(open_connections_) +
                           " connections with requests in flight");
    for (const auto& loop : loops_) loop->close_all();
  });
  if (open_connections_ == 0) end();
}

void PolicyServer::end() {
  if (std::exchange(has_ended_, true)) return;
  service_.report_last();
  service_.resolver().stop();
  for (const auto& loop : loops_) loop->stop();
  if (ended_) ended_();
}

void PolicyServer::stop_now() {
  for (const auto& loop : loops_) loop->stop();
  for (const auto& loop : loops_) loop->join();
  // It posts to the loops, and what waits in it belongs to them.
  costly_.stop();
  acceptors_.clear();
  listeners_.clear();
}

std::vector<asio::any_io_executor> PolicyServer::loops() {
  std::vector<asio::any_io_executor> executors;
  executors.reserve(loops_.size());
  for (const auto& loop : loops_) executors.emplace_back(loop->context().get_executor());
  return executors;
}

service::ServerStatus PolicyServer::status() const {
  service::ServerStatus status = service_.status();
  status.open_connections = open_connections_;
  status.accepted_connections = accepted_connections_;
  status.refused_connections = refused_connections_;
  status.evicted_connections = evicted_connections_;
  return status;
}

void PolicyServer::report_shed() {
  const std::size_t max = service_.settings().policyd.max_connections;
  shed_connections_.report(
      refused_connections_,
      "connections closed at once because max_connections (" + std::to_string(max) + ") are open",
      service_.log());
  shed_idle_.report(evicted_connections_,
                    "connections that were idle longest closed to make room for others",
                    service_.log());
}

}  // namespace postern::policyd

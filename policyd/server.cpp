#include "policyd/server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "common/base/ip_scope.h"
#include "common/os/peer_name.h"

namespace postern::policyd {
namespace {

namespace asio = boost::asio;

// How often, at most, the log says that work was shed.
constexpr std::chrono::seconds kReportInterval{5};

}  // namespace

PolicyServer::PolicyServer(service::ServerParts parts)
    : settings_(parts.settings),
      log_(parts.log),
      decisions_(settings_, log_, parts.traces),
      shortage_(log_),
      cache_(settings_.current().dns.cache),
      facts_(cache_),
      delays_(settings_.current().decision.max_delayed),
      warnings_(log_),
      loops_(make_loops(std::max(1U, settings_.current().policyd.threads))),
      listeners_(std::move(parts.listeners)),
      stop_timer_(std::make_unique<asio::steady_timer>(main_loop())),
      report_timer_(std::make_unique<asio::steady_timer>(main_loop())) {
  resolver_ = std::make_unique<resolver::Resolver>(
      main_loop().get_executor(), settings_.current().dns, cache_,
      [this](const std::string& line) { log_.warning(line); });
  services_ = std::make_unique<SessionServices>(
      SessionServices{settings_, parts.snapshots, parts.hits, facts_, *resolver_, delays_, log_,
                      open_connections_, decisions_, warnings_});
  for (const os::Listener& listener : listeners_) {
    acceptors_.push_back(std::make_unique<Acceptor>(
        main_loop(), listener.fd(), shortage_,
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
  report_timer_.reset();
  // A question in flight may hold a timer of any loop, and all of them live on the first one: it
  // goes before the others.
  resolver_.reset();
  for (auto& loop : loops_) loop.reset();
}

void PolicyServer::start(std::function<void()> ended) {
  ended_ = std::move(ended);
  asio::post(main_loop(), [this] {
    for (const auto& acceptor : acceptors_) acceptor->start();
    report();
  });
  for (const auto& loop : loops_) loop->start(*services_);
}

void PolicyServer::take(os::UniqueFd fd, const sockaddr_storage& from) {
  Newcomer newcomer{std::move(fd), {from.ss_family, os::peer_address(from)}};
  next_loop_ = (next_loop_ + 1) % loops_.size();
  SessionLoop& loop = *loops_[next_loop_];
  const bool has_share = claim_share(newcomer.peer);
  if (has_share && claim_place()) {
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
    if (claim_share(peer) && claim_place()) return true;
  }
  ++refused_connections_;
  return false;
}

// Through loopback and unix sockets all come from one address, and this machine's Postfix is among
// them.
bool PolicyServer::claim_share(Peer& peer) {
  if (peer.share || !peer.address || scope_of(*peer.address) == IpScope::loopback) return true;
  const std::size_t max = settings_.current().policyd.max_connections;
  peer.share = peers_.take(*peer.address, service::share_of_one_host(max));
  return peer.share.has_value();
}

bool PolicyServer::claim_place() {
  std::size_t open = open_connections_;
  while (open < settings_.current().policyd.max_connections) {
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
  stop_timer_->expires_after(settings_.current().policyd.stop_timeout);
  stop_timer_->async_wait([this](boost::system::error_code error) {
    if (error) return;
    log_.warning("stop_timeout is over: closing " + std::to_string(open_connections_) +
                 " connections with requests in flight");
    for (const auto& loop : loops_) loop->close_all();
  });
  if (open_connections_ == 0) end();
}

void PolicyServer::end() {
  if (std::exchange(has_ended_, true)) return;
  report_shed();
  warnings_.report_all();
  resolver_->stop();
  for (const auto& loop : loops_) loop->stop();
  if (ended_) ended_();
}

void PolicyServer::stop_now() {
  for (const auto& loop : loops_) loop->stop();
  for (const auto& loop : loops_) loop->join();
  acceptors_.clear();
  listeners_.clear();
}

void PolicyServer::settings_changed() {
  const config::Settings& settings = settings_.current();
  delays_.resize(settings.decision.max_delayed);
  cache_.reconfigure(settings.dns.cache);
  resolver_->reconfigure(settings.dns);
}

std::vector<asio::any_io_executor> PolicyServer::loops() {
  std::vector<asio::any_io_executor> executors;
  executors.reserve(loops_.size());
  for (const auto& loop : loops_) executors.emplace_back(loop->context().get_executor());
  return executors;
}

service::ServerStatus PolicyServer::status() const {
  return {open_connections_,     refused_connections_,    delays_.counts(),
          cache_.statistics(),   resolver_->health(),     resolver_->circuit(),
          resolver_->outcomes(), accepted_connections_,   0,
          evicted_connections_,  shortage_.waiting_for(), 0,
          resolver_->shedding()};
}

void PolicyServer::report() {
  report_shed();
  shortage_.report(std::chrono::steady_clock::now());
  warnings_.report(std::chrono::steady_clock::now());
  report_timer_->expires_after(kReportInterval);
  report_timer_->async_wait([this](boost::system::error_code error) {
    if (!error) report();
  });
}

// Counted and told together: a log line for each would add to the load that is being shed.
void PolicyServer::report_shed() {
  const config::Settings& settings = settings_.current();
  shed_connections_.report(refused_connections_,
                           "connections closed at once because max_connections (" +
                               std::to_string(settings.policyd.max_connections) + ") are open",
                           log_);
  shed_idle_.report(evicted_connections_,
                    "connections that were idle longest closed to make room for others", log_);
  shed_questions_.report(resolver_->not_asked(),
                         resolver::why_not_asked(settings.dns, resolver_->shedding()), log_);
  delays_.report_skipped(log_);
}

}  // namespace postern::policyd

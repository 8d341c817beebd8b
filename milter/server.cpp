#include "milter/server.h"

#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>

#include "milter/callbacks.h"
#include "milter/libmilter_overrides.h"

namespace postern::milter {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// Of libmilter's threads, one for each callback that waits. The system's 8 MiB would be address
// space alone, but a container may count it.
#ifdef __SANITIZE_THREAD__
constexpr std::size_t kThreadStack = std::size_t{8} << 20;  // it puts megabytes of its own there
#else
constexpr std::size_t kThreadStack = std::size_t{512} << 10;
#endif
// glibc gives threads heaps of their own, eight for each core; answers of DNS are kept on all of
// them and leave their gaps there. Measured: half the memory, and no slower.
constexpr int kHeaps = 2;
constexpr int kBacklog = 1024;
constexpr std::chrono::seconds kReportInterval{5};
constexpr std::chrono::milliseconds kLookInterval{20};

// Signals are the main thread's.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void limit_thread_stacks() {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, kThreadStack);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

void limit_heaps() {
  ::mallopt(M_ARENA_MAX, kHeaps);
}

}  // namespace

MilterServer::MilterServer(service::ServerParts parts)
    : settings_(parts.settings),
      log_(parts.log),
      decisions_(settings_, log_, parts.traces),
      shortage_(log_),
      listeners_(std::move(parts.listeners)),
      cache_(settings_.current().dns.cache),
      facts_(cache_),
      delays_(settings_.current().decision.max_delayed),
      sessions_(settings_.current().milter.max_connections),
      waiting_(settings_.current().milter.max_waiting),
      warnings_(log_),
      wakeup_(context_.get_executor(), std::move(parts.own_connections),
              [this] { return listeners_.front().connect(); }, {}),
      work_(asio::make_work_guard(context_)),
      stop_timer_(context_),
      report_timer_(context_),
      resolver_(context_.get_executor(), settings_.current().dns, cache_,
                [this](const std::string& line) { log_.warning(line); }),
      services_{settings_,
                listeners_.front().address().kind,
                parts.snapshots,
                parts.hits,
                facts_,
                resolver_,
                context_.get_executor(),
                delays_,
                sessions_,
                waiting_,
                wakeup_,
                stopping_,
                log_,
                decisions_,
                warnings_,
                messages_} {}

MilterServer::~MilterServer() {
  stop_now();
}

void MilterServer::start(std::function<void()> ended) {
  ended_ = std::move(ended);
  limit_thread_stacks();
  limit_heaps();
  open_filter();
  loop_ = std::thread([this] {
    block_signals();
    report();
    context_.run();
  });
  std::thread([this] { run_filter(); }).detach();
}

void MilterServer::open_filter() {
  if (const auto registered = register_filter(services_); !registered) {
    throw std::runtime_error(registered.error().text);
  }
  // libmilter closes what it is given.
  const int copy = ::fcntl(listeners_.front().fd(), F_DUPFD_CLOEXEC, 3);
  pause_at_shortage(copy, shortage_);
  share_among_peers(settings_, peers_, closed_connections_);
  if (listeners_.front().is_adopted()) leave_waiting_when(stopping_);
  std::string connection = "fd:" + std::to_string(copy);
  if (copy < 0 || smfi_setconn(connection.data()) != MI_SUCCESS ||
      smfi_setbacklog(kBacklog) != MI_SUCCESS || smfi_opensocket(false) != MI_SUCCESS) {
    throw std::runtime_error("libmilter does not take the listening socket");
  }
}

void MilterServer::run_filter() {
  block_signals();  // libmilter's threads inherit that
  smfi_main();
  asio::post(context_, [this] { filter_ended(); });
}

void MilterServer::filter_ended() {
  if (!stopping_.is_set()) log_.error("libmilter has ended");
  end();
}

void MilterServer::stop() {
  stopping_.set();
  asio::post(context_,
             [this] { wait_for_sessions(Clock::now() + settings_.current().milter.stop_timeout); });
}

void MilterServer::wait_for_sessions(Clock::time_point until) {
  const std::size_t open = sessions_.taken();
  if (open > 0 && Clock::now() < until) {
    stop_timer_.expires_after(kLookInterval);
    stop_timer_.async_wait([this, until](boost::system::error_code error) {
      if (!error) wait_for_sessions(until);
    });
    return;
  }
  if (open > 0) {
    log_.warning("stop_timeout is over: leaving " + std::to_string(open) + " sessions to the MTA");
  }
  end();
}

void MilterServer::end() {
  if (std::exchange(has_ended_, true)) return;
  report_shed();
  warnings_.report_all();
  if (ended_) ended_();
}

void MilterServer::stop_now() {
  stopping_.set();
  context_.stop();
  if (loop_.joinable()) loop_.join();
  listeners_.clear();
}

void MilterServer::settings_changed() {
  const config::Settings& settings = settings_.current();
  delays_.resize(settings.decision.max_delayed);
  sessions_.resize(settings.milter.max_connections);
  waiting_.resize(settings.milter.max_waiting);
  cache_.reconfigure(settings.dns.cache);
  resolver_.reconfigure(settings.dns);
}

service::ServerStatus MilterServer::status() const {
  return {sessions_.taken(),       sessions_.refused() + closed_connections_,
          delays_.counts(),        cache_.statistics(),
          resolver_.health(),      resolver_.circuit(),
          resolver_.outcomes(),    sessions_.granted(),
          waiting_.refused(),      0,
          shortage_.waiting_for(), messages_.refused(),
          resolver_.shedding()};
}

void MilterServer::report() {
  report_shed();
  shortage_.report(Clock::now());
  warnings_.report(Clock::now());
  report_timer_.expires_after(kReportInterval);
  report_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) report();
  });
}

// Counted and told together: a log line for each would add to the load that is being shed.
void MilterServer::report_shed() {
  const config::Settings& settings = settings_.current();
  shed_sessions_.report(sessions_.refused(),
                        "sessions left to the MTA because max_connections (" +
                            std::to_string(settings.milter.max_connections) + ") are open",
                        log_);
  shed_messages_.report(messages_.refused(),
                        "messages deferred because those under way keep " +
                            std::to_string(service::MessageBudget::kBytes >> 20) +
                            " MiB of header and recipients",
                        log_);
  shed_peers_.report(closed_connections_,
                     "connections closed because their address has its share of max_connections",
                     log_);
  shed_waiting_.report(waiting_.refused(),
                       "decisions that did not wait for DNS because max_waiting (" +
                           std::to_string(settings.milter.max_waiting) +
                           ") do, or what of it is left to one sender domain",
                       log_);
  shed_questions_.report(resolver_.not_asked(),
                         resolver::why_not_asked(settings.dns, resolver_.shedding()), log_);
  delays_.report_skipped(log_);
}

}  // namespace postern::milter

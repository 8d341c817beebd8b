#include "milter/server.h"

#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <exception>
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
    : listeners_(std::move(parts.listeners)),
      sessions_(parts.state.settings.current().milter.max_connections),
      waiting_(parts.state.settings.current().milter.max_waiting),
      wakeup_(context_.get_executor(), std::move(parts.own_connections),
              [this] { return listeners_.front().connect(); }, {}),
      work_(asio::make_work_guard(context_)),
      stop_timer_(context_),
      service_(parts.state, context_.get_executor()),
      services_{service_,
                context_.get_executor(),
                listeners_.front().address().kind,
                sessions_,
                waiting_,
                wakeup_,
                stopping_,
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
    service_.start_reports([this] { report_shed(); });
    run_loop();
  });
  std::thread([this] { run_filter(); }).detach();
}

void MilterServer::run_loop() {
  for (;;) {
    try {
      context_.run();
      return;
    } catch (const std::exception& error) {
      // Sessions wait no longer than their deadline for what was lost; mail goes on.
      service_.log().error(std::string("internal error, going on: ") + error.what());
    }
  }
}

void MilterServer::open_filter() {
  if (const auto registered = register_filter(services_); !registered) {
    throw std::runtime_error(registered.error().text);
  }
  // libmilter closes what it is given.
  const int copy = ::fcntl(listeners_.front().fd(), F_DUPFD_CLOEXEC, 3);
  pause_at_shortage(copy, service_.shortage());
  share_among_peers(service_.state().settings, peers_, closed_connections_);
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
  if (!stopping_.is_set()) service_.log().error("libmilter has ended");
  end();
}

void MilterServer::stop() {
  stopping_.set();
  asio::post(context_,
             [this] { wait_for_sessions(Clock::now() + service_.settings().milter.stop_timeout); });
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
    service_.log().warning("stop_timeout is over: leaving " + std::to_string(open) +
                           " sessions to the MTA");
  }
  end();
}

void MilterServer::end() {
  if (std::exchange(has_ended_, true)) return;
  service_.report_last();
  if (ended_) ended_();
}

void MilterServer::stop_now() {
  stopping_.set();
  context_.stop();
  if (loop_.joinable()) loop_.join();
  listeners_.clear();
}

void MilterServer::settings_changed() {
  service_.settings_changed();
  sessions_.resize(service_.settings().milter.max_connections);
  waiting_.resize(service_.settings().milter.max_waiting);
}

service::ServerStatus MilterServer::status() const {
  service::ServerStatus status = service_.status();
  status.open_connections = sessions_.taken();
  status.accepted_connections = sessions_.granted();
  status.refused_connections = sessions_.refused() + closed_connections_;
  status.refused_waits = waiting_.refused();
  status.refused_messages = messages_.refused();
  return status;
}

void MilterServer::report_shed() {
  const config::MilterSettings& settings = service_.settings().milter;
  os::DaemonLog& log = service_.log();
  shed_sessions_.report(sessions_.refused(),
                        "sessions left to the MTA because max_connections (" +
                            std::to_string(settings.max_connections) + ") are open",
                        log);
  shed_messages_.report(messages_.refused(),
                        "messages deferred because those under way keep " +
                            std::to_string(service::MessageBudget::kBytes >> 20) +
                            " MiB of header and recipients",
                        log);
  shed_peers_.report(closed_connections_,
                     "connections closed because their address has its share of max_connections",
                     log);
  shed_waiting_.report(waiting_.refused(),
                       "decisions that did not wait for DNS because max_waiting (" +
                           std::to_string(settings.max_waiting) +
                           ") do, or what of it is left to one sender domain",
                       log);
}

}  // namespace postern::milter

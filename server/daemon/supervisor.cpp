#include "server/daemon/supervisor.h"

#include <malloc.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <csignal>
#include <string>
#include <utility>

namespace postern::daemon {
namespace {

// A reload that could not be done just now, a generation that could not be kept and a log file that
// could not be opened anew are tried again so soon, then after twice the time, and so on to so
// seldom.
constexpr std::chrono::seconds kFirstRetry{1};
constexpr std::chrono::seconds kLongestRetry{60};
// A session between two messages holds the old rules for up to a minute (policyd/session). What
// these had learned of texts lies in small pieces, which the heap would keep to itself.
constexpr std::chrono::seconds kOldRulesLast{70};

using AnswerWith = void (control::Control::*)(const http::HttpRequest&,
                                              const http::HttpServer::Respond&);

// Null when there is nowhere to listen.
std::unique_ptr<http::HttpServer> server_on(std::optional<os::Listener> listener,
                                            control::Control& control, AnswerWith answer,
                                            boost::asio::io_context& context) {
  if (!listener) return nullptr;
  return std::make_unique<http::HttpServer>(
      context.get_executor(), std::move(*listener), http::HttpServer::Limits{},
      [&control, answer](const http::HttpRequest& request,
                         const http::HttpServer::Respond& respond) {
        (control.*answer)(request, respond);
      });
}

}  // namespace

Supervisor::Supervisor(Parts parts)
    : log_(parts.state.log),
      server_(parts.server),
      reloader_(parts.reloader),
      notify_(os::SystemdNotify::from_environment()),
      signals_(context_, SIGTERM, SIGINT, SIGHUP),
      trim_timer_(context_),
      watch_(context_.get_executor(), {}, [this] { reload(config::ReloadTrigger::files); }),
      retry_timer_(context_),
      spf_lists_({parts.state, [this]() -> resolver::Resolver& { return server_.resolver(); },
                  context_.get_executor()}),
      control_({parts.state, parts.reloader, parts.server, context_.get_executor(),
                [this] { after_reload(config::ReloadTrigger::control); }}),
      control_server_(
          server_on(std::move(parts.control), control_, &control::Control::answer, context_)),
      metrics_server_(server_on(std::move(parts.metrics), control_,
                                &control::Control::answer_metrics, context_)) {
  signals_.add(SIGUSR1);
}

Supervisor::End Supervisor::run() {
  wait();
  after_reload(config::ReloadTrigger::start);
  server_.start([this] { boost::asio::post(context_, [this] { tell_ended(); }); });
  if (control_server_) control_server_->start();
  if (metrics_server_) metrics_server_->start();
  notify_.ready();
  start_watchdog();
  try {
    context_.run();
  } catch (...) {
    end_serving();
    throw;
  }
  end_serving();
  return stopping_ ? End::told : End::by_itself;
}

void Supervisor::end_serving() {
  spf_lists_.stop();        // asks the server's resolver
  control_server_.reset();  // and its socket file, whatever becomes of the process
  metrics_server_.reset();
  server_.stop_now();  // after it nobody calls back
  watchdog_.reset();   // it went round on the server's loops
}

// The main thread is not among those who answer for the daemon: it reads lists for seconds where
// they are large, and mail is judged meanwhile.
void Supervisor::start_watchdog() {
  const auto interval = os::watchdog_interval();
  auto loops = server_.loops();
  if (!interval) return;
  if (loops.empty()) loops.emplace_back(context_.get_executor());
  watchdog_ = std::make_unique<os::Watchdog>(std::move(loops), notify_, *interval);
  watchdog_->start();
}

// A signal that has come already is no longer there to be cancelled.
void Supervisor::tell_ended() {
  server_ended_ = true;
  signals_.cancel();
  end_looking();
}

// While it stops, nothing new is taken, and nothing holds it up.
void Supervisor::end_looking() {
  watch_.stop();
  spf_lists_.stop();
  retry_timer_.cancel();
  trim_timer_.cancel();
  if (control_server_) control_server_->stop();
  if (metrics_server_) metrics_server_->stop();
}

void Supervisor::watch_files() {
  watch_.watch(reloader_.files());
}

void Supervisor::plan_trim() {
  if (stopping_ || server_ended_) return;
  trim_timer_.expires_after(kOldRulesLast);
  trim_timer_.async_wait([](boost::system::error_code error) {
    if (!error) ::malloc_trim(0);
  });
}

void Supervisor::wait() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error || server_ended_) return;
    if (signal == SIGHUP || signal == SIGUSR1) {
      reload(config::ReloadTrigger::signal);
    } else if (!stop()) {
      return;
    }
    wait();
  });
}

void Supervisor::reload(config::ReloadTrigger trigger) {
  notify_.reloading();
  try {
    if (trigger == config::ReloadTrigger::signal || log_waits_) reopen_log();
    if (trigger != config::ReloadTrigger::retry) {
      reloader_.reload(trigger, config::ShrunkLists::refuse);
    } else if (reloader_.wants_retry()) {
      reloader_.retry();
    }
    after_reload(trigger);
  } catch (const std::exception& error) {
    if (trigger != config::ReloadTrigger::retry) tell_refused(error);
    plan_retry(trigger);
  }
  notify_.ready();
}

void Supervisor::after_reload(config::ReloadTrigger trigger) {
  watch_files();
  plan_retry(trigger);
  plan_trim();
  look_at_spf_lists(trigger);
}

// Whoever says reload wants what is published now.
void Supervisor::look_at_spf_lists(config::ReloadTrigger trigger) {
  const bool by_a_person =
      trigger == config::ReloadTrigger::signal || trigger == config::ReloadTrigger::control;
  const bool may_shrink = reloader_.shrunk_lists() == config::ShrunkLists::accept;
  spf_lists_.look(by_a_person ? spf::AskAgain::all : spf::AskAgain::unknown,
                  may_shrink ? spf::ShrinkGuard::off : spf::ShrinkGuard::on);
}

void Supervisor::plan_retry(config::ReloadTrigger trigger) {
  retry_timer_.cancel();
  const bool wanted = reloader_.wants_retry() || log_waits_;
  if (!wanted || stopping_ || server_ended_) return;
  const bool again = trigger == config::ReloadTrigger::retry;
  retry_pause_ = again ? std::min(retry_pause_ * 2, kLongestRetry) : kFirstRetry;
  retry_timer_.expires_after(retry_pause_);
  retry_timer_.async_wait([this](boost::system::error_code error) {
    if (error || stopping_ || server_ended_) return;
    reload(config::ReloadTrigger::retry);
  });
}

void Supervisor::reopen_log() {
  const auto reopened = log_.reopen();
  if (!reopened && !log_waits_) log_.error(reopened.error().text + "; it is tried again");
  if (reopened && log_waits_) log_.info("the log file is open again");
  log_waits_ = !reopened;
}

// Rules that take more memory than there is are no reason to end; nor is what they left too short
// to say so.
void Supervisor::tell_refused(const std::exception& error) {
  try {
    log_.error(std::string("reload postponed: ") + error.what() +
               ", the old rules stay; it is tried again");
  } catch (const std::exception&) {
  }
}

// False: nothing more to wait for.
bool Supervisor::stop() {
  if (std::exchange(stopping_, true)) {
    log_.warning("told to stop again: ending at once");
    return false;
  }
  log_.info("stopping: finishing the requests in flight");
  notify_.stopping();
  end_looking();
  server_.stop();
  return true;
}

}  // namespace postern::daemon

#include "rules/io/supervisor.h"

#include <boost/asio/post.hpp>
#include <csignal>
#include <string>
#include <utility>

namespace postern {
namespace {

using AnswerWith = void (Control::*)(const HttpRequest&, const HttpServer::Respond&);

// Null when there is nowhere to listen.
std::unique_ptr<HttpServer> server_on(std::optional<Listener> listener, Control& control,
                                      AnswerWith answer, boost::asio::io_context& context) {
  if (!listener) return nullptr;
  return std::make_unique<HttpServer>(
      context.get_executor(), std::move(*listener), HttpServer::Limits{},
      [&control, answer](const HttpRequest& request, const HttpServer::Respond& respond) {
        (control.*answer)(request, respond);
      });
}

}  // namespace

Supervisor::Supervisor(Parts parts)
    : log_(parts.log),
      server_(parts.server),
      reloader_(parts.reloader),
      notify_(SystemdNotify::from_environment()),
      signals_(context_, SIGTERM, SIGINT, SIGHUP),
      watch_(context_.get_executor(), {}, [this] { reload(ReloadTrigger::files); }),
      control_({std::move(parts.daemon), std::move(parts.version), parts.started,
                std::move(parts.settings_file), parts.settings, parts.snapshots, parts.hits,
                parts.reloader, parts.server, context_.get_executor(), [this] { watch_files(); },
                parts.traces}),
      control_server_(server_on(std::move(parts.control), control_, &Control::answer, context_)),
      metrics_server_(
          server_on(std::move(parts.metrics), control_, &Control::answer_metrics, context_)) {
  signals_.add(SIGUSR1);
}

Supervisor::End Supervisor::run() {
  wait();
  watch_files();
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
  control_server_.reset();  // and its socket file, whatever becomes of the process
  metrics_server_.reset();
  server_.stop_now();  // after it nobody calls back
  watchdog_.reset();   // it went round on the server's loops
}

// The main thread is not among those who answer for the daemon: it reads lists for seconds where
// they are large, and mail is judged meanwhile.
void Supervisor::start_watchdog() {
  const auto interval = watchdog_interval();
  auto loops = server_.loops();
  if (!interval) return;
  if (loops.empty()) loops.emplace_back(context_.get_executor());
  watchdog_ = std::make_unique<Watchdog>(std::move(loops), notify_, *interval);
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
  if (control_server_) control_server_->stop();
  if (metrics_server_) metrics_server_->stop();
}

void Supervisor::watch_files() {
  watch_.watch(reloader_.files());
}

void Supervisor::wait() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error || server_ended_) return;
    if (signal == SIGHUP || signal == SIGUSR1) {
      reload(ReloadTrigger::signal);
    } else if (!stop()) {
      return;
    }
    wait();
  });
}

void Supervisor::reload(ReloadTrigger trigger) {
  notify_.reloading();
  try {
    if (trigger == ReloadTrigger::signal) reopen_log();
    reloader_.reload(trigger, ShrunkLists::refuse);
    watch_files();
  } catch (const std::exception& error) {
    tell_refused(error);
  }
  notify_.ready();
}

void Supervisor::reopen_log() {
  if (auto reopened = log_.reopen(); !reopened) log_.error(reopened.error().text);
}

// Rules that take more memory than there is are no reason to end; nor is what they left too short
// to say so.
void Supervisor::tell_refused(const std::exception& error) {
  try {
    log_.error(std::string("reload refused: ") + error.what() + ", the old rules stay");
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

}  // namespace postern

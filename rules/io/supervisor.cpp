#include "rules/io/supervisor.h"

#include <boost/asio/post.hpp>
#include <csignal>
#include <string>
#include <utility>

#include "rules/io/configuration.h"
#include "rules/io/rule_reload.h"

namespace postern {

Supervisor::Supervisor(const Settings& settings, Door door, SnapshotStore& snapshots,
                       DaemonLog& log, DoorServer& server)
    : settings_(settings),
      audience_{door, doors_of(settings)},
      snapshots_(snapshots),
      log_(log),
      server_(server),
      notify_(SystemdNotify::from_environment()),
      signals_(context_, SIGTERM, SIGINT, SIGHUP) {
  signals_.add(SIGUSR1);
}

Supervisor::End Supervisor::run() {
  wait();
  server_.start([this] { boost::asio::post(context_, [this] { tell_ended(); }); });
  notify_.ready();
  context_.run();
  server_.stop_now();  // after it nobody calls back
  return stopping_ ? End::told : End::by_itself;
}

// A signal that has come already is no longer there to be cancelled.
void Supervisor::tell_ended() {
  server_ended_ = true;
  signals_.cancel();
}

void Supervisor::wait() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error || server_ended_) return;
    if (signal == SIGHUP || signal == SIGUSR1) {
      reload();
    } else if (!stop()) {
      return;
    }
    wait();
  });
}

void Supervisor::reload() {
  notify_.reloading();
  try {
    if (auto reopened = log_.reopen(); !reopened) log_.error(reopened.error().text);
    reload_rules(settings_.rules_file, audience_, snapshots_, log_);
  } catch (const std::exception& error) {
    tell_refused(error);
  }
  notify_.ready();
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
  server_.stop();
  return true;
}

}  // namespace postern

#include "server/service/decision_service.h"

#include <chrono>
#include <utility>

namespace postern::service {
namespace {

// How often, at most, the log says that work was shed.
constexpr std::chrono::seconds kReportInterval{5};

}  // namespace

DecisionService::DecisionService(DaemonState& state, const boost::asio::any_io_executor& executor)
    : state_(state),
      decisions_(state),
      shortage_(state.log),
      cache_(settings().dns.cache),
      facts_(cache_, state.store.get()),
      delays_(settings().decision.max_delayed),
      warnings_(state.log),
      report_timer_(executor),
      resolver_(std::in_place, executor, settings().dns, cache_,
                [this](const std::string& line) { log().warning(line); }) {}

void DecisionService::settings_changed() {
  delays_.resize(settings().decision.max_delayed);
  cache_.reconfigure(settings().dns.cache);
  resolver_->reconfigure(settings().dns);
}

ServerStatus DecisionService::status() const {
  ServerStatus status;
  status.delays = delays_.counts();
  status.cache = cache_.statistics();
  status.upstreams = resolver_->health();
  status.circuit = resolver_->circuit();
  status.dns = resolver_->outcomes();
  status.waiting_for = shortage_.waiting_for();
  status.shedding = resolver_->shedding();
  return status;
}

void DecisionService::start_reports(std::function<void()> of_door) {
  of_door_ = std::move(of_door);
  report();
}

void DecisionService::report() {
  report_shed();
  shortage_.report(std::chrono::steady_clock::now());
  warnings_.report(std::chrono::steady_clock::now());
  report_timer_->expires_after(kReportInterval);
  report_timer_->async_wait([this](boost::system::error_code error) {
    if (!error) report();
  });
}

// Counted and told together: a log line for each would add to the load that is being shed.
void DecisionService::report_shed() {
  if (of_door_) of_door_();
  shed_questions_.report(resolver_->not_asked(),
                         resolver::why_not_asked(settings().dns, resolver_->shedding()), log());
  delays_.report_skipped(log());
}

void DecisionService::report_last() {
  report_shed();
  warnings_.report_all();
}

void DecisionService::leave_executor() {
  report_timer_.reset();
  resolver_.reset();
}

}  // namespace postern::service

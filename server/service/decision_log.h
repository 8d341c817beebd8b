// What the log is told of decisions, the same for both doors: the line of each, in the form that
// the settings say, but of everyday passes only as many as they say; and all that went into it
// where a trace follows it. One per server; every function may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "common/os/log.h"
#include "rules/decision.h"
#include "rules/explain/decision_line.h"
#include "server/config/live_settings.h"
#include "server/service/traces.h"

namespace postern::service {

// How many of the lines about such decisions are to be written. Everything but an everyday pass is:
// what was refused, deferred, discarded, held or delayed, what a rule in mode `log` would have
// done, what a rule without `log_pass` has acted on, what DNS failed for, what took a second or was
// cut short.
LogShare share_of(const explain::DecisionRecord& record, LogShare of_passes);

class DecisionLog {
 public:
  // All outlive it.
  DecisionLog(const config::LiveSettings& settings, os::DaemonLog& log, Traces& traces)
      : settings_(settings), log_(log), traces_(traces) {}
  DecisionLog(const DecisionLog&) = delete;
  DecisionLog& operator=(const DecisionLog&) = delete;

  // Tells all about it, if a trace follows such mail. To be called before write(). REQUIRES: step()
  // returned done, of a decision about this transaction.
  void trace(std::string_view door, Decision& decision, const Transaction& transaction) {
    if (traces_.any()) tell(door, decision, transaction);
  }

  // Writes the line, unless it is about an everyday pass that is left out.
  void write(explain::DecisionRecord record);

 private:
  void tell(std::string_view door, Decision& decision, const Transaction& transaction);

  const config::LiveSettings& settings_;
  os::DaemonLog& log_;
  Traces& traces_;
  std::atomic<std::uint64_t> passes_{0};  // everyday ones of which not all are written
};

}  // namespace postern::service

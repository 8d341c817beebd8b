// Records each decision when it is made, for both doors alike: counts it for hits and metrics,
// tells of DNS lists in trouble,
// writes its line in the form that the settings want, gives it to the journal, and writes all its
// details where a trace follows it. Of everyday passes it writes only as many lines as the settings
// want. It hands the effects on records to the store, and nothing else does. One per server; any
// thread may call any function.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "rules/decision.h"
#include "rules/explain/decision_line.h"
#include "server/service/daemon_state.h"

namespace postern::service {

// How many of the lines about such decisions are to be written. Everything but an everyday pass is:
// what was refused, deferred, discarded, held or delayed, what a rule in mode `log` would have
// done, what a rule without `log_pass` has acted on, what DNS failed for, what took a second or was
// cut short.
LogShare share_of(const explain::DecisionRecord& record, LogShare of_passes);

class DecisionLog {
 public:
  // The state outlives it.
  explicit DecisionLog(DaemonState& state) : state_(state) {}
  DecisionLog(const DecisionLog&) = delete;
  DecisionLog& operator=(const DecisionLog&) = delete;

  // Tells all about it, if a trace follows such mail. To be called before record(). REQUIRES:
  // step() returned done, of a decision about this transaction.
  void trace(std::string_view door, Decision& decision, const Transaction& transaction) {
    if (state_.traces.any()) tell(door, decision, transaction);
  }

  // Counts the decision, has its effects carried out, gives it to the journal, and writes its line
  // unless it is about an everyday pass that is left out.
  void record(explain::DecisionRecord record);

 private:
  void tell(std::string_view door, Decision& decision, const Transaction& transaction);

  DaemonState& state_;
  std::atomic<std::uint64_t> passes_{0};  // everyday ones of which not all are written
};

}  // namespace postern::service

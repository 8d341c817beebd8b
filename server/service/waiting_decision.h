// Brings a decision to its verdict on a thread that may wait: a libmilter worker, a command line
// tool. The event loop of the policy door does the same without waiting (policyd/loop_decision).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>

#include "common/resolver/resolver.h"
#include "rules/decision.h"

namespace postern::service {

// Asks `resolver` for what the decision lacks and waits for the answers, round after round, until
// there is a verdict: at the latest a moment after `deadline`, from which on what is missing is a
// temporary failure. `executor` runs on another thread and is that of the resolver; it may have
// stopped. The decision is nobody else's again when this returns.
// REQUIRES: decision.step() returned need_facts.
void wait_for_verdict(Decision& decision, resolver::Resolver& resolver,
                      const boost::asio::any_io_executor& executor,
                      std::chrono::steady_clock::time_point deadline);

}  // namespace postern::service

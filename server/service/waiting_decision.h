// Brings a decision to its verdict on a thread that may block: a libmilter worker, a command line
// tool. policyd/loop_decision does the same without blocking its event loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>

#include "common/resolver/resolver.h"
#include "rules/decision.h"

namespace postern::service {

// Asks `resolver` for what the decision lacks and waits for the answers, round after round, until
// there is a verdict: at the latest a moment after `deadline`, from which on what is missing is a
// temporary failure. `executor` runs on another thread and is that of the resolver; it may have
// stopped. When this returns the decision belongs to the caller alone.
// REQUIRES: decision.step() returned need_facts.
void wait_for_verdict(Decision& decision, resolver::Resolver& resolver,
                      const boost::asio::any_io_executor& executor,
                      std::chrono::steady_clock::time_point deadline);

}  // namespace postern::service

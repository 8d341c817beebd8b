// Brings a decision to its verdict on a thread that may block: a libmilter worker, a command line
// tool. policyd/loop_decision does the same without blocking its event loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>

#include "common/resolver/resolver.h"
#include "rules/decision.h"
#include "rules/model/message_effects.h"
#include "server/state/state_store.h"

namespace postern::service {

// A store that is asked for records, beside DNS, and what the message has done to them itself. Both
// outlive the decision.
struct AskedStore {
  AskedStore(state::StateStore& its_store, const MessageFacts& its_facts)
      : store(its_store), facts(its_facts) {}

  state::StateStore& store;
  const MessageFacts& facts;
};

// Asks `resolver` for what the decision lacks and waits for the answers, round after round, until
// there is a verdict: at the latest a moment after `deadline`, from which on what is missing is a
// temporary failure. `executor` runs on another thread and is that of the resolver; it may have
// stopped. When this returns the decision belongs to the caller alone. `asked` may be null if the
// decision asks for no records.
// REQUIRES: decision.step() returned need_facts.
void wait_for_verdict(Decision& decision, resolver::Resolver& resolver,
                      const boost::asio::any_io_executor& executor,
                      std::chrono::steady_clock::time_point deadline,
                      const AskedStore* asked = nullptr);

}  // namespace postern::service

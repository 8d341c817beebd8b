// Asks for the facts that a decision lacks, under one deadline: DNS and the store side by side.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <variant>

#include "common/resolver/ask_round.h"
#include "common/resolver/resolver.h"
#include "rules/decision.h"
#include "rules/model/message_effects.h"
#include "server/state/state_store.h"

namespace postern::service {

struct DnsAnswered {
  dns::DnsQuestion question;
  dns::DnsFact fact;
};
struct RecordAnswered {
  StateKey key;
  StateFact fact;
};
using FactAnswered = std::variant<DnsAnswered, RecordAnswered>;

// Gives it to the decision; to a record what the message itself has done, if `facts` is not null.
void add_to(Decision& decision, FactAnswered answered, const MessageFacts* facts);

// Whom to ask.
struct FactServers {
  resolver::Resolver& resolver;
  state::StateStore* store;  // null: the decision asks for no records
  boost::asio::any_io_executor executor;
};

// Calls `take` and `over` as resolver::AskRound does, all on the executor, none before this
// returns. Answers of DNS that come later still fill the cache. REQUIRES: decision.step() returned
// need_facts.
void ask_facts(const FactServers& servers, const Decision& decision,
               std::chrono::steady_clock::time_point deadline,
               std::function<resolver::Enough(FactAnswered)> take, std::function<void()> over);

}  // namespace postern::service

// Brings a decision to its verdict without blocking the loop: it goes on when facts come, and
// gives a decision that costs too much to another thread. wait_for_verdict() does the same on a
// thread that may block.
//
// A session owns it. One loop (one thread) calls every function.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "common/resolver/resolver.h"
#include "policyd/costly_decisions.h"
#include "policyd/dialogue.h"
#include "rules/decision.h"
#include "server/service/ask_facts.h"
#include "server/service/decision_time.h"
#include "server/state/state_store.h"

namespace postern::policyd {

// What decisions need. It outlives them.
struct DecisionServices {
  FactSource& facts;
  resolver::Resolver& resolver;
  CostlyDecisions& costly;
  state::StateStore* store = nullptr;  // asked for records; null: there is none
};

class DecisionOwner {
 public:
  virtual ~DecisionOwner() = default;
  virtual void decided() = 0;
  virtual void fail(const char* what) noexcept = 0;

  // An exception of `step` (most likely std::bad_alloc) ends this owner alone.
  template <class Step>
  void guarded(Step step) {
    try {
      step();
    } catch (const std::exception& error) {
      fail(error.what());
    }
  }
};

class LoopDecision {
 public:
  using Clock = std::chrono::steady_clock;
  using Executor = boost::asio::io_context::executor_type;

  // Every argument outlives the decision.
  LoopDecision(const DecisionServices& services, Executor loop, Dialogue& dialogue,
               DecisionOwner& owner)
      : services_(services),
        facts_(services.facts, dialogue.effects(), dialogue.transaction()),
        loop_(std::move(loop)),
        dialogue_(dialogue),
        owner_(owner) {}

  // REQUIRES: called before any other function. `self` also keeps the owner alive, because another
  // thread or the resolver may hold it.
  void attach(std::weak_ptr<LoopDecision> self) { self_ = std::move(self); }

  // Decides about the transaction of the dialogue, a moment after `deadline` at the latest. Calls
  // decided() of the owner, perhaps before it returns. Until then only this uses the dialogue.
  void begin(Clock::time_point deadline, std::chrono::nanoseconds max_work);
  // decided() is not called any more, although another thread may still decide.
  void abandon() { state_ = State::over; }

  // REQUIRES: decided() was called, and clear() was not called since.
  [[nodiscard]] Decision& decision() { return *decision_; }
  void clear() { decision_.reset(); }

 private:
  // asking: DNS and the store; lent: another thread has all that the decision refers to.
  enum class State : std::uint8_t { over, deciding, asking, lent };

  void share_loop();
  void go_on();
  void lend();
  void take_back(Decision::Step step);
  void ask();
  resolver::Enough take(service::FactAnswered answered);
  void answered();
  void conclude();

  const DecisionServices services_;
  MessageFacts facts_;
  Executor loop_;
  Dialogue& dialogue_;
  DecisionOwner& owner_;
  std::weak_ptr<LoopDecision> self_;

  State state_ = State::over;
  Clock::time_point deadline_;
  std::optional<service::DecisionTime> time_;   // of the decision, in all
  std::optional<service::DecisionTime> share_;  // of it on the loop, without a break
  std::optional<Decision> decision_;
};

}  // namespace postern::policyd

#include "policyd/loop_decision.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace postern::policyd {
namespace {

namespace asio = boost::asio;

// What a decision may take of its loop, on which all others wait, without a break: many times what
// most need. What may cost more at one go, and cannot be interrupted, does not begin there.
constexpr std::chrono::microseconds kShareOfLoop{100};
constexpr std::uint64_t kStepsOnLoop = std::uint64_t{1} << 18;

}  // namespace

void LoopDecision::begin(Clock::time_point deadline, std::chrono::nanoseconds max_work) {
  state_ = State::deciding;
  deadline_ = deadline;
  time_.emplace(max_work, deadline);
  decision_.emplace(dialogue_.rules(), dialogue_.transaction(), &facts_,
                    std::chrono::system_clock::now(), Effort{&dialogue_.judged(), nullptr});
  if (services_.store != nullptr) decision_->ask_for_records();
  share_loop();
  go_on();
}

void LoopDecision::share_loop() {
  share_.emplace(kShareOfLoop, deadline_, kStepsOnLoop);
  decision_->go_on_with(*share_);
}

void LoopDecision::go_on() {
  if (decision_->step() == Decision::Step::need_facts) {
    ask();
  } else if (share_->is_spent()) {
    lend();
  } else {
    conclude();
  }
}

void LoopDecision::lend() {
  state_ = State::lent;
  decision_->go_on_with(*time_);
  services_.costly.add(dialogue_.transaction().client, [self = self_.lock()]() mutable {
    auto step = Decision::Step::done;
    std::exception_ptr failed;
    try {
      step = self->decision_->step();
    } catch (const std::exception&) {
      failed = std::current_exception();
    }
    const Executor loop = self->loop_;
    asio::post(loop, [self = std::move(self), step, failed = std::move(failed)] {
      self->owner_.guarded([&] {
        if (failed) std::rethrow_exception(failed);
        self->take_back(step);
      });
    });
  });
}

void LoopDecision::take_back(Decision::Step step) {
  if (state_ != State::lent) return;
  if (step == Decision::Step::done) {
    conclude();
    return;
  }
  share_loop();
  ask();
}

void LoopDecision::ask() {
  state_ = State::asking;
  // Weak: the resolver may hold the call for longer than this connection or its loop lives.
  service::ask_facts(
      {services_.resolver, services_.store, loop_}, *decision_, deadline_,
      [weak = self_](service::FactAnswered answered) {
        const auto self = weak.lock();
        return self ? self->take(std::move(answered)) : resolver::Enough::yes;
      },
      [weak = self_] {
        if (const auto self = weak.lock()) self->owner_.guarded([&] { self->answered(); });
      });
}

// One usable mail host is enough, however long the others take.
resolver::Enough LoopDecision::take(service::FactAnswered answered) {
  auto enough = resolver::Enough::yes;
  owner_.guarded([&] {
    if (state_ != State::asking) return;
    service::add_to(*decision_, std::move(answered), &facts_);
    enough = decision_->can_go_on() ? resolver::Enough::yes : resolver::Enough::no;
  });
  return enough;
}

void LoopDecision::answered() {
  if (state_ != State::asking) return;
  state_ = State::deciding;
  if (Clock::now() >= deadline_) decision_->give_up(dns::DnsReason::deadline);
  go_on();
}

void LoopDecision::conclude() {
  state_ = State::over;
  owner_.decided();
}

}  // namespace postern::policyd

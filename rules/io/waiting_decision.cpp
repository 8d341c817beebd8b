#include "rules/io/waiting_decision.h"

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "common/io/ask_all.h"

namespace postern {
namespace {

using Clock = std::chrono::steady_clock;

// How long after the deadline the executor may take to say that it is over.
constexpr std::chrono::milliseconds kGrace{500};

// One round of questions. The waiting thread lends the decision to the executor, and takes it back
// when it leaves.
class Round {
 public:
  explicit Round(Decision& decision) : decision_(&decision) {}

  Enough take_one(const DnsAnswered& answered) {
    const std::lock_guard lock(mutex_);
    if (decision_ == nullptr) return Enough::yes;
    try {
      decision_->add(answered.question, answered.fact);
      return decision_->is_settled() ? Enough::yes : Enough::no;
    } catch (const std::exception&) {  // no memory: what is missing stays so
      return Enough::yes;
    }
  }

  void take_all(std::vector<DnsAnswered> answers) {
    const std::lock_guard lock(mutex_);
    over_ = true;
    over_changed_.notify_one();
    if (decision_ == nullptr) return;
    try {
      for (DnsAnswered& one : answers) decision_->add(std::move(one.question), std::move(one.fact));
    } catch (const std::exception&) {
      decision_->give_up(DnsReason::overloaded);
    }
  }

  void wait_until(Clock::time_point time) {
    std::unique_lock lock(mutex_);
    if (!over_changed_.wait_until(lock, time, [this] { return over_; })) {
      decision_->give_up(DnsReason::deadline);
    }
    decision_ = nullptr;
  }

 private:
  std::mutex mutex_;
  std::condition_variable over_changed_;
  Decision* decision_;  // null once nobody waits any more
  bool over_ = false;
};

}  // namespace

void wait_for_verdict(Decision& decision, Resolver& resolver,
                      const boost::asio::any_io_executor& executor, Clock::time_point deadline) {
  do {
    if (Clock::now() >= deadline) {
      decision.give_up(DnsReason::deadline);
      continue;
    }
    const auto round = std::make_shared<Round>(decision);
    ask_all(
        resolver, executor, decision.questions(), deadline,
        [round](std::vector<DnsAnswered> answers) { round->take_all(std::move(answers)); },
        [round](const DnsAnswered& answered) { return round->take_one(answered); });
    round->wait_until(deadline + kGrace);
  } while (decision.step() == Decision::Step::need_facts);
}

}  // namespace postern

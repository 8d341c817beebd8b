#include "server/service/waiting_decision.h"

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "server/service/ask_facts.h"

namespace postern::service {
namespace {

using Clock = std::chrono::steady_clock;

// How long after the deadline the executor may take to say that it is over.
constexpr std::chrono::milliseconds kGrace{500};

// One round of questions. The decision is lent to the executor and taken back; what throws in
// between must not leave it there.
class Round {
 public:
  Round(Decision& decision, const AskedStore* asked) : decision_(&decision), asked_(asked) {}

  resolver::Enough take(FactAnswered answered) {
    const std::lock_guard lock(mutex_);
    if (decision_ == nullptr) return resolver::Enough::yes;
    try {
      add_to(*decision_, std::move(answered), asked_ != nullptr ? &asked_->facts : nullptr);
      return decision_->can_go_on() ? resolver::Enough::yes : resolver::Enough::no;
    } catch (const std::exception&) {  // no memory
      failed_ = true;
      return resolver::Enough::yes;
    }
  }

  void end() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    over_changed_.notify_one();
  }

  // Why there is nothing more to wait for, if the answers are not all there.
  std::optional<dns::DnsReason> wait_until(Clock::time_point time) {
    std::unique_lock lock(mutex_);
    if (!over_changed_.wait_until(lock, time, [this] { return over_; }))
      return dns::DnsReason::deadline;
    if (failed_) return dns::DnsReason::overloaded;
    return std::nullopt;
  }

  void take_back() {
    const std::lock_guard lock(mutex_);
    decision_ = nullptr;
  }

 private:
  std::mutex mutex_;
  std::condition_variable over_changed_;
  Decision* decision_;  // null once nobody waits any more
  const AskedStore* const asked_;
  bool over_ = false;
  bool failed_ = false;
};

// The executor's, to work on the decision.
struct TakeBack {
  void operator()(Round* round) const { round->take_back(); }
};
using Permit = std::unique_ptr<Round, TakeBack>;

std::optional<dns::DnsReason> ask_and_wait(Decision& decision, resolver::Resolver& resolver,
                                           const boost::asio::any_io_executor& executor,
                                           Clock::time_point deadline, const AskedStore* asked) {
  const auto round = std::make_shared<Round>(decision, asked);
  const Permit permit(round.get());
  ask_facts(
      {resolver, asked != nullptr ? &asked->store : nullptr, executor}, decision, deadline,
      [round](FactAnswered answered) { return round->take(std::move(answered)); },
      [round] { round->end(); });
  return round->wait_until(deadline + kGrace);
}

}  // namespace

void wait_for_verdict(Decision& decision, resolver::Resolver& resolver,
                      const boost::asio::any_io_executor& executor, Clock::time_point deadline,
                      const AskedStore* asked) {
  do {
    std::optional<dns::DnsReason> cut_short;
    if (Clock::now() < deadline) {
      cut_short = ask_and_wait(decision, resolver, executor, deadline, asked);
    }
    if (!cut_short && Clock::now() >= deadline) cut_short = dns::DnsReason::deadline;
    if (cut_short) decision.give_up(*cut_short);
  } while (decision.step() == Decision::Step::need_facts);
}

}  // namespace postern::service

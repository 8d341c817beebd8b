#include "server/service/shadow.h"

#include <chrono>
#include <exception>
#include <utility>

#include "server/service/decision_time.h"

namespace postern::service {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::hours kLookAgain{1};
// Sessions may stay with the rules that they began with.
constexpr std::size_t kKnownGenerations = 16;
// That wait for DNS at a time.
constexpr std::size_t kAskers = 16;

constexpr std::string_view kRulesOfThen = "rules that were in force for a moment";

}  // namespace

Shadow::Shadow(Parts parts) : parts_(std::move(parts)), queue_(parts_.max_records, parts_.gather) {
  for (std::size_t i = 0; i < (parts_.dns ? kAskers : 1); ++i) {
    replay::Judge::Settle settle;
    if (parts_.dns) {
      settle = [this](Decision& decision) {
        parts_.dns->settle(decision, Clock::now() + parts_.settings.current().decision.deadline);
      };
    }
    candidates_.push_back(std::make_unique<shadow::Candidate>(parts_.rules, std::move(settle)));
  }
  needs_of(parts_.live.current()->generation());
  thread_ = std::thread([this] { run(); });
}

Shadow::~Shadow() {
  ends_ = true;
  queue_.stop();
  if (parts_.dns) parts_.dns->stop();
  thread_.join();
}

void Shadow::record(const explain::DecisionRecord& decision) noexcept {
  // The verdict of before, said once more, is no decision of its own.
  if (decision.judged == Judged::again) return;
  offered_.fetch_add(1, std::memory_order_relaxed);
  queue_.put([&](journal::JournalRecord& record) {
    journal::fill_record(record, decision, parts_.rules->needs().header_fields);
  });
}

Shadow::Sums Shadow::sums() const {
  const std::uint64_t dropped = queue_.dropped();
  const std::lock_guard lock(mutex_);
  return {offered_.load(std::memory_order_relaxed), findings_.counts(), dropped, failed_};
}

Shadow::Status Shadow::status() const {
  const Sums now = sums();
  const std::lock_guard lock(mutex_);
  return {findings_, now, failure_};
}

void Shadow::run() {
  while (queue_.wait_until(Clock::now() + kLookAgain)) {
    const std::size_t count = queue_.take(batch_);
    try {
      judge_all(count);
    } catch (const std::exception& error) {  // no memory for another thread
      note_failure(error.what());
    }
    for (std::size_t i = 0; i < count; ++i) journal::release(batch_[i]);
  }
}

// Each waits for DNS by itself.
void Shadow::judge_all(std::size_t count) {
  std::atomic<std::size_t> next{0};
  const auto judge_some = [&](shadow::Candidate& candidate) {
    for (std::size_t i = next++; i < count && !ends_; i = next++) judge(candidate, batch_[i]);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min(count, candidates_.size()); ++i) {
    others.emplace_back(judge_some, std::ref(*candidates_[i]));
  }
  judge_some(*candidates_.front());
}

void Shadow::judge(shadow::Candidate& candidate, journal::JournalRecord& record) {
  try {
    compare(candidate, record);
  } catch (const std::exception& error) {
    note_failure(error.what());
  }
}

void Shadow::compare(shadow::Candidate& candidate, journal::JournalRecord& record) {
  const RuleNeeds live = needs_of(record.verdict.generation);
  const config::DecisionSettings& limits = parts_.settings.current().decision;
  DecisionTime time(limits.max_work, Clock::now() + limits.deadline);
  shadow::Comparison found{.kind = shadow::Kind::undecided,
                           .live = replay::outcome_of(record.verdict),
                           .needs = kRulesOfThen};
  if (live) found = candidate.compare(record, *live, &time);
  const std::lock_guard lock(mutex_);
  findings_.add(found, record);
}

// Null: they are neither in force nor were lately.
Shadow::RuleNeeds Shadow::needs_of(std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  if (const auto known = needs_.find(generation); known != needs_.end()) return known->second;
  const auto current = parts_.live.current();
  if (current->generation() != generation) return nullptr;
  auto needs = std::make_shared<const Needs>(current->needs());
  needs_.emplace(generation, needs);
  if (needs_.size() > kKnownGenerations) needs_.erase(needs_.begin());
  return needs;
}

void Shadow::note_failure(const char* what) noexcept {
  try {
    {
      const std::lock_guard lock(mutex_);
      ++failed_;
      if (!std::exchange(failure_, what).empty()) return;
    }
    parts_.log.warning("the shadow failed at a decision, which counts as not compared: " +
                       std::string(what));
  } catch (const std::exception&) {  // no memory for the words
  }
}

std::string sum_of(const Shadow& shadow) {
  const shadow::Counts counts = shadow.sums().counts;
  return shadow.parts().file + ": " + std::to_string(decisions_in(counts)) +
         " decisions compared, " + std::to_string(differences_in(counts)) + " differ";
}

}  // namespace postern::service

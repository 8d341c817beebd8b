// Counts decisions and their results since the start, for the metrics (docs/metrics.md). Survives
// reloads: a rule is known by its name. Bounded in memory. All threads share it, and any thread may
// call any function.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/stage.h"
#include "rules/model/verdict.h"

namespace postern::service {

// How long decisions took, in classes that are always the same, so that what several daemons have
// counted can be added up.
class LatencyHistogram {
 public:
  using Time = std::chrono::microseconds;

  // Inclusive, ascending.
  static constexpr std::array<Time, 16> kBounds{
      Time{100},       Time{250},       Time{500},       Time{1'000},
      Time{2'500},     Time{5'000},     Time{10'000},    Time{25'000},
      Time{50'000},    Time{100'000},   Time{250'000},   Time{500'000},
      Time{1'000'000}, Time{2'500'000}, Time{5'000'000}, Time{10'000'000}};

  // Allocates nothing, takes no lock. A negative time counts as none.
  void record(Time time);

  struct Counts {
    std::array<std::uint64_t, kBounds.size() + 1> classes{};  // the last: above all bounds
    Time sum{0};
  };
  // What is recorded meanwhile may be in the sum and not yet in its class, or the other way round.
  [[nodiscard]] Counts counts() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> classes_{};
  std::atomic<std::uint64_t> sum_{0};  // microseconds
};

class DecisionCounts {
 public:
  // What is counted apart, over all generations. What comes later is counted all the same, under
  // the rule kOtherRules.
  static constexpr std::size_t kMaxSeries = 4096;
  // In the place of a rule's name: none decided, and one of those. A rule that was called `-` would
  // be counted with the former.
  static constexpr std::string_view kNoRule = "-";
  static constexpr std::string_view kOtherRules = "*";

  enum class Event : std::uint8_t {
    decided,  // once for each decision
    acted,    // a rule acted without deciding; once for each of its actions
    would,    // a rule in mode `log` would have acted
    found,    // a check found something, whatever its rule did then
  };

  DecisionCounts() = default;
  DecisionCounts(const DecisionCounts&) = delete;
  DecisionCounts& operator=(const DecisionCounts&) = delete;

  // `took`: from the complete request to the verdict, without a delay of the greeting. For what was
  // counted before it takes no lock and allocates nothing.
  void count(Stage stage, const Verdict& verdict, std::chrono::microseconds took);

  struct Series {
    Event event = Event::decided;
    Stage stage = Stage::connect;          // but of `found`, which is the same at every stage
    ActionKind action = ActionKind::pass;  // of `decided` and `would`
    std::string_view rule;
    std::string_view check;  // of `found`
    std::string_view finding;
    std::uint64_t count = 0;
  };
  // In the order in which they were first seen. Points into this.
  [[nodiscard]] std::vector<Series> series() const;
  [[nodiscard]] LatencyHistogram::Counts latency() const { return latency_.counts(); }

 private:
  struct Key {
    Event event = Event::decided;
    Stage stage = Stage::connect;
    ActionKind action = ActionKind::pass;
    std::string_view rule;
    std::string_view check = {};
    std::string_view finding = {};
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Node {
    explicit Node(const Key& of);
    const std::string rule;
    const std::string check;
    const std::string finding;
    const Key key;  // views of these
    std::atomic<std::uint64_t> count{0};
  };
  // Half of them stay free, so that no look-up has far to go.
  static constexpr std::size_t kSlots = 2 * kMaxSeries;

  void add_one(const Key& key);
  [[nodiscard]] static std::size_t slot_of(const Key& key);
  [[nodiscard]] Node* find(const Key& key) const;
  Node& make(Key key);

  LatencyHistogram latency_;
  std::atomic<bool> full_{false};
  // A slot is filled once and never changed, so that a node is found without a lock.
  std::vector<std::atomic<Node*>> slots_ = std::vector<std::atomic<Node*>>(kSlots);
  mutable std::mutex mutex_;  // of what is added
  std::deque<Node> nodes_;
};

}  // namespace postern::service

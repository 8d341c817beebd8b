#include "server/service/decision_counts.h"

#include <algorithm>
#include <functional>

namespace postern::service {
namespace {

// Under kOtherRules there is at most one for each event, stage and action; they find room too.
constexpr std::size_t kEvents = 4;
constexpr std::size_t kMaxOthers = kEvents * kStages.size() * kActionKinds;
static_assert(kMaxOthers < DecisionCounts::kMaxSeries / 8, "about half of the slots stay free");

}  // namespace

// Nearly all decisions are in the first few: faster from the start than from the middle.
void LatencyHistogram::record(Time time) {
  const auto bound =
      std::find_if(kBounds.begin(), kBounds.end(), [time](Time one) { return time <= one; });
  const auto index = static_cast<std::size_t>(bound - kBounds.begin());
  classes_[index].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(static_cast<std::uint64_t>(std::max(time, Time{0}).count()),
                 std::memory_order_relaxed);
}

LatencyHistogram::Counts LatencyHistogram::counts() const {
  Counts counts;
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    counts.classes[i] = classes_[i].load(std::memory_order_relaxed);
  }
  counts.sum = Time{static_cast<Time::rep>(sum_.load(std::memory_order_relaxed))};
  return counts;
}

DecisionCounts::Node::Node(const Key& of)
    : rule(of.rule), check(of.check), finding(of.finding), key{of.event, of.stage, of.action,
                                                               rule,     check,    finding} {}

void DecisionCounts::count(Stage stage, const Verdict& verdict, std::chrono::microseconds took) {
  latency_.record(took);
  const std::string_view rule = verdict.rule.empty() ? kNoRule : verdict.rule;
  add_one({Event::decided, stage, kind_of(verdict.action), rule});
  for (const std::string_view acted : verdict.also) {
    add_one({Event::acted, stage, ActionKind::pass, acted});
  }
  for (const WouldHave& would : verdict.would) {
    add_one({Event::would, stage, would.action, would.rule});
  }
  for (const CheckFinding& found : verdict.found) {
    add_one(
        {Event::found, Stage::connect, ActionKind::pass, found.rule, found.check, found.finding});
  }
}

void DecisionCounts::add_one(const Key& key) {
  Node* node = find(key);
  if (node == nullptr && full_.load(std::memory_order_relaxed)) {
    node = find({key.event, key.stage, key.action, kOtherRules});
  }
  if (node == nullptr) node = &make(key);
  node->count.fetch_add(1, std::memory_order_relaxed);
}

// Rules and findings are named by whoever writes the rules, who gains nothing by names that
// collide.
std::size_t DecisionCounts::slot_of(const Key& key) {
  const std::hash<std::string_view> hash;
  std::size_t mixed = hash(key.rule);
  if (!key.finding.empty()) mixed = mixed * 31 + hash(key.finding);
  mixed = mixed * 31 + static_cast<std::size_t>(key.event);
  mixed = mixed * 31 + static_cast<std::size_t>(key.stage);
  return (mixed * 31 + static_cast<std::size_t>(key.action)) % kSlots;
}

DecisionCounts::Node* DecisionCounts::find(const Key& key) const {
  for (std::size_t slot = slot_of(key);; slot = (slot + 1) % kSlots) {
    Node* const node = slots_[slot].load(std::memory_order_acquire);
    if (node == nullptr || node->key == key) return node;
  }
}

DecisionCounts::Node& DecisionCounts::make(Key key) {
  const std::lock_guard lock(mutex_);
  if (nodes_.size() >= kMaxSeries) {
    full_.store(true, std::memory_order_relaxed);
    key = {key.event, key.stage, key.action, kOtherRules};
  }
  if (Node* const node = find(key)) return *node;  // another thread was faster
  Node& node = nodes_.emplace_back(key);
  std::size_t slot = slot_of(key);
  while (slots_[slot].load(std::memory_order_relaxed) != nullptr) slot = (slot + 1) % kSlots;
  slots_[slot].store(&node, std::memory_order_release);
  return node;
}

std::vector<DecisionCounts::Series> DecisionCounts::series() const {
  const std::lock_guard lock(mutex_);
  std::vector<Series> all;
  all.reserve(nodes_.size());
  for (const Node& node : nodes_) {
    const Key& key = node.key;
    all.push_back({key.event, key.stage, key.action, key.rule, key.check, key.finding,
                   node.count.load(std::memory_order_relaxed)});
  }
  return all;
}

}  // namespace postern::service

#include "rules/recipient_group.h"

#include <algorithm>
#include <string_view>

#include "rules/condition.h"

namespace postern {

class GroupFinder {
 public:
  GroupFinder(const Snapshot& snapshot, const Transaction& transaction, PutAside put_aside,
              UtcTime now)
      : snapshot_(snapshot),
        transaction_(transaction),
        put_aside_(put_aside),
        conditions_(snapshot.predicates(), transaction, now) {}

  RecipientGroup run() {
    RuleIndex::Walk walk = snapshot_.index().walk(transaction_);
    while (const auto number = walk.next()) {
      const Rule& rule = snapshot_.rules()[*number];
      if (!may_still_decide(rule) || is_skipped(rule)) continue;
      if (look_at(rule) == Next::stop) break;
    }
    drop_harmless_end();
    return std::move(group_);
  }

 private:
  enum class Next { go_on, stop };
  using Step = RecipientGroup::Step;

  static bool is_over(const Rule& rule) {
    return (rule.stages & StageSet::from(Stage::data)).empty();
  }

  static bool may_still_decide(const Rule& rule) {
    return rule.may_decide && !rule.about_refused_recipients && (rule.may_spare || !is_over(rule));
  }

  // Whether it is looked at alike at both stages that are left.
  static bool holds_throughout(const Rule& rule) {
    const bool at_both = rule.stages.contains(Stage::data) && rule.stages.contains(Stage::eom);
    return at_both || is_over(rule);
  }

  Next look_at(const Rule& rule) {
    const Match match = conditions_.judge(rule.when);
    if (match.truth == Truth::no) return Next::go_on;
    const Action* own =
        match.list != nullptr && !rule.check ? match.list->action_for(match.entry) : nullptr;
    if (match.truth == Truth::yes && !rule.check && holds_throughout(rule)) return act(rule, own);
    Step step{.rule = &rule, .matches = match.truth == Truth::yes};
    if (own != nullptr) step.own = *own;
    if (!step.matches) note_open(rule.when, step.open);
    group_.steps_.push_back(std::move(step));
    return Next::go_on;
  }

  Next act(const Rule& rule, const Action* own) {
    if (own != nullptr) return act_once(rule, own, *own);
    for (const Action& action : rule.then) {
      if (act_once(rule, own, action) == Next::stop) return Next::stop;
    }
    return Next::go_on;
  }

  Next act_once(const Rule& rule, const Action* own, const Action& action) {
    const ActionKind kind = kind_of(action);
    if (is_over(rule) && !spares(kind)) return Next::go_on;
    if (const auto* skip = std::get_if<Skip>(&action)) {
      skipped_.insert(skipped_.end(), skip->names.begin(), skip->names.end());
    }
    if (!is_final(kind)) return Next::go_on;
    const bool lets_in =
        kind == ActionKind::pass || (kind == ActionKind::hold && put_aside_ == PutAside::yes);
    if (!lets_in) {
      group_.steps_.push_back({.rule = &rule, .matches = true});
      if (own != nullptr) group_.steps_.back().own = *own;
    }
    return Next::stop;
  }

  // Their numbers, each with those below it and a zero behind it.
  void note_open(const Condition& condition, std::vector<std::uint32_t>& open) {
    std::uint32_t number = 0;
    for (const Condition& excluded : condition.none) {
      ++number;
      if (conditions_.judge(excluded).truth != Truth::unknown) continue;
      open.push_back(number);
      note_open(excluded, open);
      open.push_back(0);
    }
  }

  [[nodiscard]] bool is_skipped(const Rule& rule) const {
    return std::any_of(skipped_.begin(), skipped_.end(), [&](std::string_view name) {
      return name == rule.name || (rule.info != nullptr && name == rule.info->name);
    });
  }

  // What could only spare the message what does not stand below it.
  void drop_harmless_end() {
    auto& steps = group_.steps_;
    while (!steps.empty() && !steps.back().rule->may_refuse) steps.pop_back();
  }

  const Snapshot& snapshot_;
  const Transaction& transaction_;
  const PutAside put_aside_;
  Conditions conditions_;
  std::vector<std::string_view> skipped_;
  RecipientGroup group_;
};

RecipientGroup recipient_group(const Snapshot& snapshot, const Transaction& transaction,
                               PutAside put_aside, std::chrono::system_clock::time_point now) {
  return GroupFinder(snapshot, transaction, put_aside,
                     std::chrono::floor<std::chrono::seconds>(now))
      .run();
}

}  // namespace postern

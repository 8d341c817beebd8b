#include "rules/recipient_group.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "rules/condition.h"

namespace postern {
namespace {

class GroupFinder {
 public:
  GroupFinder(const Snapshot& snapshot, const Transaction& transaction, PutAside put_aside,
              UtcTime now, ConditionMemory* judged)
      : snapshot_(snapshot),
        transaction_(transaction),
        put_aside_(put_aside),
        conditions_(snapshot.predicates(), transaction, now, {judged, nullptr}) {}

  RecipientGroup run() {
    RuleIndex::Walk walk = snapshot_.index().walk(transaction_);
    while (const auto number = walk.next()) {
      const Rule& rule = snapshot_.rules()[*number];
      if (!counts(rule) || is_skipped(rule)) continue;
      if (look_at(rule) == Next::stop) break;
    }
    return {fingerprint_of(std::string_view(left_).substr(0, end_))};
  }

 private:
  enum class Next { go_on, stop };

  static bool is_over(const Rule& rule) {
    return (rule.stages & StageSet::from(Stage::data)).empty();
  }

  static bool may_still_decide(const Rule& rule) {
    return rule.may_decide && !rule.is_idle && !rule.about_refused_recipients &&
           (rule.may_spare || !is_over(rule));
  }

  // A rule below may hang on what the check of one finds that decides nothing itself.
  static bool counts(const Rule& rule) {
    const bool may_find = rule.is_asked_about && !rule.is_idle && !rule.about_refused_recipients;
    return may_find || may_still_decide(rule);
  }

  // Whether it is looked at alike at both stages that are left.
  static bool holds_throughout(const Rule& rule) {
    const bool at_both = rule.stages.contains(Stage::data) && rule.stages.contains(Stage::eom);
    return at_both || is_over(rule);
  }

  Next look_at(const Rule& rule) {
    const Match match = conditions_.judge(rule.when);
    if (match.truth == Truth::no) return Next::go_on;
    const Action* own = match.list != nullptr && rule.then() != nullptr
                            ? match.list->action_for(match.entry)
                            : nullptr;
    if (match.truth == Truth::yes && rule.then() != nullptr && holds_throughout(rule))
      return act(rule, own);
    note(rule, own);
    if (match.truth == Truth::unknown) note_open(rule.when);
    note_end(rule);
    return Next::go_on;
  }

  Next act(const Rule& rule, const Action* own) {
    if (own != nullptr) return act_once(rule, own, *own);
    for (const Action& action : *rule.then()) {
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
    if (kind == ActionKind::soften) note_soft();
    if (!is_final(kind)) return Next::go_on;
    const bool lets_in = kind == ActionKind::pass || kind == ActionKind::redirect ||
                         (kind == ActionKind::hold && put_aside_ == PutAside::yes);
    if (!lets_in) {
      note(rule, own);
      note_end(rule);
    }
    return Next::stop;
  }

  // `own`: the action of the entry that matched, in the place of the rule's; may be null.
  void note(const Rule& rule, const Action* own) {
    left_ += rule.name;
    if (own != nullptr) left_.append(": ").append(action_text(*own));
  }

  // By which rule makes no difference; and no rule is called so.
  void note_soft() {
    if (!is_soft_) left_ += "soften.\n";
    is_soft_ = true;
  }

  // Which of its exceptions (`not:`) hang on what is not known yet, by their numbers.
  void note_open(const Condition& condition) {
    left_ += '?';
    std::uint32_t number = 0;
    for (const Condition& excluded : condition.none) {
      ++number;
      if (conditions_.judge(excluded).truth != Truth::unknown) continue;
      left_.append("(").append(std::to_string(number));
      note_open(excluded);
      left_ += ')';
    }
  }

  // What could only spare the message what does not stand below it counts no longer at the end.
  void note_end(const Rule& rule) {
    left_ += '\n';
    if (rule.may_refuse) end_ = left_.size();
  }

  [[nodiscard]] bool is_skipped(const Rule& rule) const {
    return std::any_of(skipped_.begin(), skipped_.end(),
                       [&](std::string_view name) { return rule.is_called(name); });
  }

  const Snapshot& snapshot_;
  const Transaction& transaction_;
  const PutAside put_aside_;
  Conditions conditions_;
  std::vector<std::string_view> skipped_;
  std::string left_;
  bool is_soft_ = false;
  std::size_t end_ = 0;  // of what counts of it
};

}  // namespace

RecipientGroup recipient_group(const Snapshot& snapshot, const Transaction& transaction,
                               PutAside put_aside, std::chrono::system_clock::time_point now,
                               ConditionMemory* judged) {
  return GroupFinder(snapshot, transaction, put_aside,
                     std::chrono::floor<std::chrono::seconds>(now), judged)
      .run();
}

}  // namespace postern

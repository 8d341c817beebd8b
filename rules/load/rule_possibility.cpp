#include "rules/load/rule_possibility.h"

#include <algorithm>

#include "rules/wire_table.h"

namespace postern {
namespace {

constexpr Stage kStages[] = {Stage::connect, Stage::helo, Stage::mail,
                             Stage::rcpt,    Stage::data, Stage::eom};

std::string names_of(StageSet stages) {
  std::string result;
  for (Stage stage : kStages) {
    if (!stages.contains(stage)) continue;
    result += (result.empty() ? "" : ", ") + std::string(to_string(stage));
  }
  return result;
}

// Calls `visit(action, origin)` for everything that the rule may do; `origin` names the list and
// entry when it is not the rule itself that says so.
template <class Visit>
void for_each_action(const Rule& rule, const SnapshotBuilder& builder, Visit visit) {
  for (const Action& action : rule.then) visit(action, std::string());
  for (const auto& actions : rule.on) {
    for (const Action& action : actions) visit(action, std::string());
  }
  if (rule.check) return;  // entries have no say where a check decides
  for (PredicateId id : rule.when.all) {
    for (const List* list : builder.predicate(id).lists) {
      const std::string origin = "list '" + list->name() + "'";
      if (list->then()) visit(*list->then(), origin);
      for (const EntryData& data : list->entries().all_data()) {
        if (data.then) visit(*data.then, "an entry of " + origin);
      }
    }
  }
}

class PossibilityCheck {
 public:
  PossibilityCheck(const Rule& rule, const SnapshotBuilder& builder, Diagnostics& diagnostics)
      : rule_(rule), builder_(builder), diagnostics_(diagnostics) {
    if (const auto last = last_known_attribute(rule.when, builder)) {
      known_ = known_from(*last);
      because_ = std::string(to_string(*last));
    }
    if (rule.info != nullptr && rule.info->first_stage > known_) {
      known_ = rule.info->first_stage;
      because_ = "what " + std::string(rule.info->name) + " looks at";
    }
  }

  void run() {
    check_conditions();
    for_each_action(rule_, builder_, [&](const Action& action, const std::string& origin) {
      check_action(kind_of(action), origin);
    });
  }

 private:
  void check_conditions() {
    if (rule_.stages == StageSet::all()) return;
    for (Stage stage : kStages) {
      if (!rule_.stages.contains(stage) || stage >= known_) continue;
      error("stage " + std::string(to_string(stage)) + " comes too early: " + because_ +
            " is known from " + std::string(to_string(known_)) + " on");
    }
  }

  void check_action(ActionKind kind, const std::string& origin) {
    const StageSet possible = possible_stages(kind);
    const std::string what =
        std::string(to_string(kind)) + (origin.empty() ? "" : " (of " + origin + ")");
    if (rule_.stages != StageSet::all()) {
      for (Stage stage : kStages) {
        if (!rule_.stages.contains(stage) || possible.contains(stage)) continue;
        error(what + " is not possible at " + std::string(to_string(stage)) + ", because " +
              std::string(why_limited(kind)) + "; want stage " + names_of(possible));
      }
    } else if ((possible & StageSet::from(known_)).empty()) {
      error(what + " is not possible here: " + std::string(why_limited(kind)) + ", but " +
            because_ + " is known only from " + std::string(to_string(known_)) + " on");
    }
  }

  void error(const std::string& message) {
    diagnostics_.error(rule_.where, "rule '" + rule_.name + "': " + message);
  }

  const Rule& rule_;
  const SnapshotBuilder& builder_;
  Diagnostics& diagnostics_;
  Stage known_ = Stage::connect;
  std::string because_;
};

}  // namespace

std::optional<Attribute> last_known_attribute(const Condition& condition,
                                              const SnapshotBuilder& builder) {
  std::optional<Attribute> last;
  const auto take = [&](Attribute attribute) {
    if (!last || known_from(attribute) > known_from(*last)) last = attribute;
  };
  for (PredicateId id : condition.all) take(builder.predicate(id).attribute);
  for (const Condition& excluded : condition.none) {
    if (const auto attribute = last_known_attribute(excluded, builder)) take(*attribute);
  }
  return last;
}

void check_possible(const Rule& rule, const SnapshotBuilder& builder, Diagnostics& diagnostics) {
  PossibilityCheck(rule, builder, diagnostics).run();
}

bool may_decide(const Rule& rule, const SnapshotBuilder& builder) {
  if (rule.mode != Mode::enforce) return false;
  bool result = false;
  for_each_action(rule, builder, [&](const Action& action, const std::string&) {
    const ActionKind kind = kind_of(action);
    result = result || is_final(kind) || kind == ActionKind::skip;
  });
  return result;
}

}  // namespace postern

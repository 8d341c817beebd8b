#include "rules/needs.h"

#include <algorithm>
#include <optional>

#include "rules/rule_actions.h"

namespace postern {
namespace {

class Collector {
 public:
  Collector(Door door, const std::vector<Predicate>& predicates)
      : door_(door), predicates_(predicates) {}

  // From the last rule to the first.
  void take(const Rule& rule) {
    if (rule.is_idle) return;
    take_turns(rule);
    if (rule.check() != nullptr) needs_.attributes |= rule.check()->check->attributes();
    for_each_predicate(rule.when, predicates_,
                       [&](const Predicate& predicate) { take(predicate); });
    bool softens = false;
    for_each_action(rule, predicates_, [&](const Action& action, const std::string&) {
      take(rule, kind_of(action));
      softens = softens || kind_of(action) == ActionKind::soften;
    });
    if (softens && rule.mode == Mode::enforce) note_softened();
  }

  Needs finish() {
    needs_.stages.add(needs_.deciding);
    std::sort(needs_.header_fields.begin(), needs_.header_fields.end());
    return std::move(needs_);
  }

 private:
  // A rule that holds up those below it can turn out not to match as soon as any of its conditions
  // is known: then they are decided there, and not when all of it is known.
  void take_turns(const Rule& rule) {
    if (!rule.may_decide || !first_below_) return;
    for_each_predicate(rule.when, predicates_, [&](const Predicate& predicate) {
      const Stage known = known_from(predicate.attribute);
      if (known > *first_below_) needs_.deciding.add(known);
    });
    needs_.deciding.add(rule.found_from & StageSet::from(*first_below_));
  }

  void take(const Rule& rule, ActionKind kind) {
    const StageSet possible = possible_stages(kind, door_) & StageSet::from(rule.known_from);
    StageSet stages = possible & rule.stages;
    // A rule that is tied to no stage is judged as soon as it can be.
    if (rule.stages == StageSet::all()) {
      const auto first = possible.first();
      stages = first ? StageSet{*first} : StageSet{};
    }
    const bool decides = rule.mode == Mode::enforce && (is_final(kind) || spares(kind));
    (decides ? needs_.deciding : needs_.stages).add(stages);
    if (rule.mode == Mode::enforce) needs_.actions.set(static_cast<std::size_t>(kind));
    const auto first = stages.first();
    if (decides && first) first_below_ = std::min(*first, first_below_.value_or(*first));
  }

  // What the rule itself and those below it refuse is deferred.
  void note_softened() {
    if (!needs_.has(ActionKind::reject) && !needs_.has(ActionKind::discard)) return;
    needs_.actions.set(static_cast<std::size_t>(ActionKind::defer));
  }

  void take(const Predicate& predicate) {
    needs_.attributes.set(static_cast<std::size_t>(predicate.attribute));
    if (!is_about_header(predicate.attribute)) return;
    const std::string_view name = header_field_of(predicate);
    auto& fields = needs_.header_fields;
    if (std::find(fields.begin(), fields.end(), name) == fields.end()) fields.emplace_back(name);
  }

  const Door door_;
  const std::vector<Predicate>& predicates_;
  Needs needs_;
  std::optional<Stage> first_below_;  // at which a rule further down could decide
};

}  // namespace

bool Needs::has(Attribute attribute) const {
  return attributes.test(static_cast<std::size_t>(attribute));
}

bool Needs::has(ActionKind kind) const {
  return actions.test(static_cast<std::size_t>(kind));
}

bool Needs::about_recipients() const {
  return has(Attribute::recipient) || has(Attribute::recipient_domain);
}

bool Needs::may_mix_recipients() const {
  return about_recipients() && !(deciding & StageSet::from(Stage::data)).empty();
}

Needs needs_of(Door door, const std::vector<Rule>& rules,
               const std::vector<Predicate>& predicates) {
  Collector collector(door, predicates);
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) collector.take(*rule);
  return collector.finish();
}

}  // namespace postern

#include "rules/needs.h"

#include <algorithm>
#include <string_view>

#include "rules/rule_actions.h"
#include "rules/wire_table.h"

namespace postern {
namespace {

constexpr Stage kStages[] = {Stage::connect, Stage::helo, Stage::mail,
                             Stage::rcpt,    Stage::data, Stage::eom};

void add_first(StageSet& stages, StageSet possible) {
  for (Stage stage : kStages) {
    if (!possible.contains(stage)) continue;
    stages.add(stage);
    return;
  }
}

class Collector {
 public:
  explicit Collector(const std::vector<Predicate>& predicates) : predicates_(predicates) {}

  void take(const Rule& rule) {
    for_each_predicate(rule.when, predicates_,
                       [&](const Predicate& predicate) { take(predicate); });
    for_each_action(rule, predicates_, [&](const Action& action, const std::string&) {
      const ActionKind kind = kind_of(action);
      needs_.actions.set(static_cast<std::size_t>(kind));
      take_stages(rule, possible_stages(kind, rule.doors) & StageSet::from(rule.known_from));
    });
  }

  Needs finish() {
    std::sort(needs_.header_fields.begin(), needs_.header_fields.end());
    return std::move(needs_);
  }

 private:
  // A rule that is tied to no stage is judged as soon as it can be; what holds it up then is a rule
  // further up, which needs a later stage itself.
  void take_stages(const Rule& rule, StageSet possible) {
    if (rule.stages == StageSet::all()) {
      add_first(needs_.stages, possible);
      return;
    }
    for (Stage stage : kStages) {
      if ((possible & rule.stages).contains(stage)) needs_.stages.add(stage);
    }
  }

  void take(const Predicate& predicate) {
    needs_.attributes.set(static_cast<std::size_t>(predicate.attribute));
    switch (predicate.attribute) {
      case Attribute::header:
        take_field(predicate.header);
        return;
      case Attribute::header_from_address:
      case Attribute::header_from_domain:
      case Attribute::header_from_differs:
        take_field("from");
        return;
      default:
        return;
    }
  }

  void take_field(const std::string& name) {
    auto& fields = needs_.header_fields;
    if (std::find(fields.begin(), fields.end(), name) == fields.end()) fields.push_back(name);
  }

  const std::vector<Predicate>& predicates_;
  Needs needs_;
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

bool Needs::cover(const Needs& other) const {
  return (stages & other.stages) == other.stages && (other.attributes & ~attributes).none() &&
         (other.actions & ~actions).none() &&
         std::includes(header_fields.begin(), header_fields.end(), other.header_fields.begin(),
                       other.header_fields.end());
}

Needs needs_of(const std::vector<Rule>& rules, const std::vector<Predicate>& predicates) {
  Collector collector(predicates);
  for (const Rule& rule : rules) collector.take(rule);
  return collector.finish();
}

}  // namespace postern

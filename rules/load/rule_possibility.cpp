#include "rules/load/rule_possibility.h"

#include <algorithm>

#include "common/yaml/config_map.h"
#include "rules/findings.h"
#include "rules/rule_actions.h"

namespace postern::load {
namespace {

class PossibilityCheck {
 public:
  PossibilityCheck(const Rule& rule, const SnapshotBuilder& builder, Diagnostics& diagnostics)
      : rule_(rule), builder_(builder), diagnostics_(diagnostics) {
    for_each_predicate(rule.when, builder.predicates(), [&](const Predicate& predicate) {
      if (known_from(predicate.attribute) == rule.known_from) because_ = word_for(predicate);
    });
    if (because_.empty() && !rule.found_from.empty()) because_ = "what rules above find";
    if (because_.empty() && rule.check() != nullptr) {
      because_ = "what " + std::string(rule.check()->info->name) + " looks at";
    }
  }

  void run() {
    check_conditions();
    check_refused_recipients();
    for_each_action(
        rule_, builder_.predicates(),
        [&](const Action& action, const std::string& origin) { check_action(action, origin); });
  }

 private:
  void check_conditions() {
    if (rule_.stages == StageSet::all()) return;
    for (Stage stage : kStages) {
      if (!rule_.stages.contains(stage) || stage >= rule_.known_from) continue;
      error("stage " + std::string(to_string(stage)) + " comes too early: " + because_ +
            " is known from " + std::string(to_string(rule_.known_from)) + " on");
    }
  }

  // Under `not:` it would make the rule one for recipients of both kinds.
  void check_refused_recipients() {
    if (rule_.about_refused_recipients &&
        (!rule_.stages.contains(Stage::rcpt) || rule_.known_from > Stage::rcpt)) {
      error("recipient_refused is known at rcpt alone; want that stage, or none, and no header");
    }
    for (const Condition& excluded : rule_.when.none) {
      for_each_predicate(excluded, builder_.predicates(), [&](const Predicate& predicate) {
        if (predicate.attribute != Attribute::recipient_refused) return;
        error("not: " + yaml::found_want("recipient_refused", "it outside of 'not:' alone"));
      });
    }
  }

  void check_action(const Action& action, const std::string& origin) {
    const ActionKind kind = kind_of(action);
    const StageSet possible = possible_stages(kind, rule_.doors);
    const std::string what =
        std::string(to_string(kind)) + (origin.empty() ? "" : " (of " + origin + ")");
    if (rule_.about_refused_recipients && kind != ActionKind::log) {
      error(what + " is not possible for recipients that the MTA has refused; want log");
      return;
    }
    if (const MailAddress* to = capture_of(action)) check_capture(*to, what);
    if (rule_.stages != StageSet::all()) {
      for (Stage stage : kStages) {
        if (!rule_.stages.contains(stage) || possible.contains(stage)) continue;
        error(what + " is not possible at " + std::string(to_string(stage)) + ", because " +
              std::string(why_limited(kind)) + "; want stage " + to_string(possible));
      }
    } else if ((possible & StageSet::from(rule_.known_from)).empty()) {
      error(what + " is not possible here: " + std::string(why_limited(kind)) + ", but " +
            because_ + " is known only from " + std::string(to_string(rule_.known_from)) + " on");
    }
  }

  void check_capture(const MailAddress& to, const std::string& what) {
    const auto& domains = builder_.capture_domains();
    if (std::find(domains.begin(), domains.end(), to.domain()) != domains.end()) return;
    std::string known;
    for (const DomainName& domain : domains) known += (known.empty() ? "" : ", ") + domain.text();
    error(what + " to " + to.text() + " is not possible: " +
          yaml::found_want(to.domain().text(), known.empty()
                                                   ? "a domain that 'capture_domains:' of "
                                                     "the rule file names, and found none"
                                                   : "one of capture_domains: " + known));
  }

  void error(const std::string& message) {
    diagnostics_.error(rule_.where, "rule '" + rule_.name + "': " + message);
  }

  const Rule& rule_;
  const SnapshotBuilder& builder_;
  Diagnostics& diagnostics_;
  std::string because_;
};

}  // namespace

void note_what_it_is_about(Rule& rule, const SnapshotBuilder& builder) {
  if (const RuleCheck* check = rule.check()) rule.known_from = check->info->first_stage;
  for_each_predicate(rule.when, builder.predicates(), [&](const Predicate& predicate) {
    rule.known_from = std::max(rule.known_from, known_from(predicate.attribute));
    rule.doors = rule.doors & info_of(predicate.attribute).doors;
    rule.about_recipients = rule.about_recipients || known_from(predicate.attribute) == Stage::rcpt;
    rule.about_refused_recipients =
        rule.about_refused_recipients || predicate.attribute == Attribute::recipient_refused;
  });
  // Where the rules that it asks about are not looked at, it cannot know what they find.
  for_each_found_word(rule.when,
                      [&](const FoundWord& word) { rule.doors = rule.doors & word.doors; });
  for_each_found(rule.when, [&](const FoundBy& by) {
    const Rule& asked = builder.rules()[by.rule];
    rule.about_recipients = rule.about_recipients || asked.about_recipients;
    const auto first = (asked.stages & StageSet::from(asked.known_from)).first();
    if (!first) return;
    rule.found_from.add(*first);
    rule.known_from = std::max(rule.known_from, *first);
  });
  rule.is_idle = std::ranges::any_of(rule.when.all, [&](PredicateId id) {
    const Predicate& predicate = builder.predicates()[id];
    return known_from(predicate.attribute) > Stage::rcpt && has_no_entry(predicate);
  });
}

void check_possible(const Rule& rule, const SnapshotBuilder& builder, Diagnostics& diagnostics) {
  PossibilityCheck(rule, builder, diagnostics).run();
}

std::string what_limits_doors(const Rule& rule, const SnapshotBuilder& builder) {
  std::string name;
  for_each_predicate(rule.when, builder.predicates(), [&](const Predicate& predicate) {
    if (info_of(predicate.attribute).doors != DoorSet::all()) name = word_for(predicate);
  });
  if (!name.empty()) return name;
  for_each_found_word(rule.when, [&](const FoundWord& word) {
    if (word.doors != DoorSet::all()) name = "'" + word.text + "'";
  });
  return name;
}

void note_what_it_may_do(Rule& rule, const SnapshotBuilder& builder) {
  if (rule.mode != Mode::enforce) return;
  for_each_action(rule, builder.predicates(), [&](const Action& action, const std::string&) {
    const ActionKind kind = kind_of(action);
    rule.may_decide = rule.may_decide || is_final(kind) || spares(kind);
    rule.may_spare = rule.may_spare || spares(kind);
    rule.may_refuse = rule.may_refuse ||
                      (is_final(kind) && kind != ActionKind::pass && kind != ActionKind::redirect);
  });
}

}  // namespace postern::load

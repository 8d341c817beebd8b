#include "rules/load/rules_together.h"

#include <algorithm>
#include <map>

#include "common/yaml/config_map.h"
#include "rules/checks/check_list.h"
#include "rules/rule_actions.h"

namespace postern::load {
namespace {

using RuleNames = std::map<std::string, Position>;

// The names of all rules, those in mode off among them.
RuleNames collect_names(const yaml::YamlNode& rules, Diagnostics& diagnostics) {
  RuleNames names;
  for (const yaml::YamlNode& rule : rules.items) {
    for (const auto& [key, value] : rule.members) {
      if (key.text != "name" || value.text.empty()) continue;
      const auto [first, is_new] = names.emplace(value.text, value.where);
      if (is_new) continue;
      diagnostics.error(value.where, "rule name '" + value.text + "' stands twice, first at " +
                                         first->second.to_string());
    }
  }
  return names;
}

void check_skip(const Rule& rule, const Skip& skip, const RuleNames& names,
                Diagnostics& diagnostics) {
  for (const std::string& name : skip.names) {
    const auto other = names.find(name);
    if (checks::find_check(name) == nullptr && other == names.end()) {
      diagnostics.error(rule.where, "rule '" + rule.name + "': skip: " +
                                        yaml::found_want("'" + name + "'",
                                                         "the name of a check or of a rule below"));
    } else if (checks::find_check(name) == nullptr && other->second < rule.where) {
      diagnostics.warning(rule.where, "rule '" + rule.name + "': skip: rule '" + name +
                                          "' stands above and is not skipped");
    }
  }
}

void check_skips(const Rule& rule, const RuleNames& names, Diagnostics& diagnostics) {
  for_each_own_action(rule, [&](const Action& action) {
    if (const auto* skip = std::get_if<Skip>(&action)) check_skip(rule, *skip, names, diagnostics);
  });
}

bool always_decides(const Rule& rule) {
  return rule.mode == Mode::enforce && rule.stages == StageSet::all() && rule.when.all.empty() &&
         rule.when.found.empty() && rule.when.none.empty() && rule.then() != nullptr &&
         !rule.then()->empty() && is_final(kind_of(rule.then()->back()));
}

// Whether it is judged when it is too late to refuse a recipient alone.
bool is_for_the_end(const Rule& rule) {
  const StageSet early{Stage::connect, Stage::helo, Stage::mail, Stage::rcpt};
  return (rule.stages & StageSet::from(rule.known_from) & early).empty();
}

// A Postfix that is wired as usual asks nothing after RCPT.
void warn_late(const std::vector<Rule>& rules, Diagnostics& diagnostics) {
  for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
    if (!rule->may_decide || rule->is_idle || !is_for_the_end(*rule)) continue;
    const auto below =
        std::find_if(rule + 1, rules.end(), [](const Rule& other) { return other.may_decide; });
    if (below == rules.end()) continue;
    diagnostics.warning(rule->where, "rule '" + rule->name +
                                         "' is for the end of a message: rule '" + below->name +
                                         "' and others below it wait for that wherever it could "
                                         "still match; want it at the bottom");
  }
}

// Whether it may let in what a rule below refuses: what is softened does not come in.
bool may_let_in(const Rule& rule, const std::vector<Predicate>& predicates) {
  bool found = false;
  for_each_action(rule, predicates, [&](const Action& action, const std::string&) {
    const ActionKind kind = kind_of(action);
    found = found || (spares(kind) && kind != ActionKind::soften);
  });
  return rule.may_spare && found;
}

// With the mildest verdict one recipient whom such a rule does not refuse lets the message in to
// all.
void warn_escaped(const std::vector<Rule>& rules, const std::vector<Predicate>& predicates,
                  Diagnostics& diagnostics) {
  const auto refuses_late = [](const Rule& rule) {
    return rule.may_refuse && !rule.is_idle && is_for_the_end(rule);
  };
  constexpr std::string_view kAdvice =
      ", and with one of them among its recipients a message gets past it to all: want "
      "'mixed_recipients: split' in 'milter:' of the settings";
  for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
    if (!rule->about_recipients) continue;
    if (refuses_late(*rule)) {
      diagnostics.warning(rule->where, "rule '" + rule->name +
                                           "' is for the end of a message and not for every "
                                           "recipient" +
                                           std::string(kAdvice));
    }
    const auto below = std::find_if(rule + 1, rules.end(), refuses_late);
    if (below == rules.end() || !may_let_in(*rule, predicates)) continue;
    diagnostics.warning(rule->where, "rule '" + rule->name + "' spares recipients rule '" +
                                         below->name + "' at the end of a message" +
                                         std::string(kAdvice));
  }
}

// access(5): a REDIRECT overrides all recipients of the message.
void warn_redirecting_others(const std::vector<Rule>& rules,
                             const std::vector<Predicate>& predicates, Diagnostics& diagnostics) {
  for (const Rule& rule : rules) {
    if (!rule.about_recipients) continue;
    bool redirects = false;
    for_each_action(rule, predicates, [&](const Action& action, const std::string&) {
      redirects = redirects || kind_of(action) == ActionKind::redirect;
    });
    if (!redirects) continue;
    diagnostics.warning(rule.where, "rule '" + rule.name +
                                        "' redirects for some recipients, but what Postfix is told "
                                        "by a policy server to redirect it redirects for all "
                                        "recipients of the message; want postern-milter for that");
  }
}

void warn_unreachable(const std::vector<Rule>& rules, Diagnostics& diagnostics) {
  const auto decider = std::find_if(rules.begin(), rules.end(), always_decides);
  if (decider == rules.end()) return;
  for (auto rule = decider + 1; rule != rules.end(); ++rule) {
    diagnostics.warning(rule->where, "rule '" + rule->name + "' is never reached: rule '" +
                                         decider->name + "' has no condition and always decides");
  }
}

}  // namespace

void check_rules_together(const SnapshotBuilder& builder, const yaml::YamlNode* rules,
                          const yaml::YamlNode* lists, const LoadTarget& target,
                          Diagnostics& diagnostics) {
  const RuleNames names = rules != nullptr ? collect_names(*rules, diagnostics) : RuleNames{};
  for (const Rule& rule : builder.rules()) check_skips(rule, names, diagnostics);
  if (diagnostics.has_errors()) return;  // what is wrong would only raise further warnings
  warn_unreachable(builder.rules(), diagnostics);
  warn_late(builder.rules(), diagnostics);
  const bool takes_mildest =
      target.door == Door::milter && target.mixed_recipients == MixedRecipients::mildest;
  if (takes_mildest) warn_escaped(builder.rules(), builder.predicates(), diagnostics);
  if (target.door == Door::policy) {
    warn_redirecting_others(builder.rules(), builder.predicates(), diagnostics);
  }
  for (const auto& list : builder.lists()) {
    if (builder.is_used(*list) || lists == nullptr) continue;
    for (const auto& [name, value] : lists->members) {
      if (name.text == list->name()) {
        diagnostics.warning(name.where, "list '" + list->name() + "' is used by no rule");
      }
    }
  }
}

}  // namespace postern::load

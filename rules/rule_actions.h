// Everything that a rule may do: its own actions, and those of the lists and entries that stand in
// the place of them. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "rules/snapshot.h"

namespace postern {

// Calls `visit(action)` for each that the rule itself has.
template <class Visit>
void for_each_own_action(const Rule& rule, Visit visit) {
  const auto visit_all = [&](const RuleActions& actions) {
    std::for_each(actions.begin(), actions.end(), visit);
  };
  if (const RuleActions* then = rule.then()) return visit_all(*then);
  const auto& on = rule.check()->on;
  std::for_each(on.begin(), on.end(), visit_all);
}

// Calls `visit(action, origin)` for each; `origin` names the list when it is not the rule itself
// that says so.
template <class Visit>
void for_each_action(const Rule& rule, const std::vector<Predicate>& predicates, Visit visit) {
  for_each_own_action(rule, [&](const Action& action) { visit(action, std::string()); });
  if (rule.check() != nullptr) return;  // entries have no say where a check decides
  for (PredicateId id : rule.when.all) {
    for (const lists::List* list : predicates[id].lists) {
      const std::string origin = "list '" + list->name() + "'";
      if (list->then()) visit(*list->then(), origin);
      for (const lists::EntryData& data : list->entries().all_data()) {
        if (data.then) visit(*data.then, "an entry of " + origin);
      }
    }
  }
}

// Calls `visit(predicate)` for everything that the condition looks at.
template <class Visit>
void for_each_predicate(const Condition& condition, const std::vector<Predicate>& predicates,
                        Visit visit) {
  for (PredicateId id : condition.all) visit(predicates[id]);
  for (const Condition& excluded : condition.none) {
    for_each_predicate(excluded, predicates, visit);
  }
}

// Whether the condition compares with a list of which something is not known.
inline bool has_unknown_entries(const Condition& condition,
                                const std::vector<Predicate>& predicates) {
  bool has = false;
  for_each_predicate(condition, predicates, [&](const Predicate& predicate) {
    has = has || has_unknown_entries(predicate);
  });
  return has;
}

}  // namespace postern

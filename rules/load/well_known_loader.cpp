#include "rules/load/well_known_loader.h"

#include <algorithm>

#include "rules/lists/well_known.h"
#include "rules/rule_actions.h"

namespace postern {
namespace {

bool refuses(const Action& action) {
  const ActionKind kind = kind_of(action);
  return kind == ActionKind::reject || kind == ActionKind::defer || kind == ActionKind::discard ||
         kind == ActionKind::hold;
}

bool has_list(const Predicate& predicate, const List& list) {
  return std::find(predicate.lists.begin(), predicate.lists.end(), &list) != predicate.lists.end();
}

// What a rule does by an entry of a list.
const Action* action_by(const Rule& rule, const List& list, EntryId entry) {
  if (const Action* own = list.action_for(entry)) return own;
  return rule.then.empty() ? nullptr : &rule.then.back();
}

class WellKnownWarnings {
 public:
  WellKnownWarnings(const SnapshotBuilder& builder, Diagnostics& diagnostics)
      : builder_(builder), diagnostics_(diagnostics) {}

  void warn_about(const DomainList& list) {
    const auto rules = rules_with(list);
    if (rules.empty()) return;
    std::size_t found = 0;
    int line = 0;
    for (const WellKnownHit& hit : find_well_known(list, builder_.well_known(), UtcTime::min())) {
      const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule* one) {
        const Action* action = action_by(*one, list, hit.entry);
        return action != nullptr && refuses(*action);
      });
      if (rule == rules.end()) continue;
      line = list.entries().line(hit.entry);
      if (++found <= kWellKnownShown) warn(list, hit, **rule);
    }
    if (found <= kWellKnownShown) return;
    diagnostics_.warning({list.file(), line},
                         "list '" + list.name() + "' has " +
                             std::to_string(found - kWellKnownShown) +
                             " more entries that would refuse what 'well_known:' names");
  }

 private:
  // Those that may decide by an entry of the list.
  [[nodiscard]] std::vector<const Rule*> rules_with(const List& list) const {
    std::vector<const Rule*> found;
    for (const Rule& rule : builder_.rules()) {
      if (rule.info == nullptr && matches_by(rule, list)) found.push_back(&rule);
    }
    return found;
  }

  [[nodiscard]] bool matches_by(const Rule& rule, const List& list) const {
    const auto& predicates = builder_.predicates();
    bool excluded = false;
    for (const Condition& none : rule.when.none) {
      for_each_predicate(none, predicates, [&](const Predicate& predicate) {
        excluded = excluded || has_list(predicate, list);
      });
    }
    return !excluded && std::any_of(rule.when.all.begin(), rule.when.all.end(),
                                    [&](PredicateId id) { return has_list(predicates[id], list); });
  }

  void warn(const DomainList& list, const WellKnownHit& hit, const Rule& rule) {
    const Action& action = *action_by(rule, list, hit.entry);
    diagnostics_.warning({list.file(), list.entries().line(hit.entry)},
                         "entry '" + list.entry_text(hit.entry) + "' of list '" + list.name() +
                             "' would make rule '" + rule.name + "' " +
                             std::string(to_string(kind_of(action))) + " " + domains_of(hit) +
                             ", which 'well_known:' names");
  }

  const SnapshotBuilder& builder_;
  Diagnostics& diagnostics_;
};

}  // namespace

void load_well_known(ConfigMap& top, SnapshotBuilder& builder) {
  for (const YamlNode* value : top.scalars("well_known")) {
    const List* list = builder.find_list(value->text);
    if (list == nullptr || list->kind() != ListKind::domain) {
      top.diagnostics().error(value->where,
                              "well_known: " + found_want("'" + value->text + "'",
                                                          "the name of a list of kind domain"));
      continue;
    }
    builder.add_well_known(static_cast<const DomainList&>(*list));
  }
}

void warn_well_known(const SnapshotBuilder& builder, Diagnostics& diagnostics) {
  const auto& well_known = builder.well_known();
  if (well_known.empty()) return;
  WellKnownWarnings warnings(builder, diagnostics);
  for (const auto& list : builder.lists()) {
    if (list->kind() != ListKind::domain) continue;
    const auto& domains = static_cast<const DomainList&>(*list);
    const bool is_well_known =
        std::find(well_known.begin(), well_known.end(), &domains) != well_known.end();
    if (!is_well_known) warnings.warn_about(domains);
  }
}

}  // namespace postern

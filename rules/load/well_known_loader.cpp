#include "rules/load/well_known_loader.h"

#include <algorithm>
#include <unordered_map>

#include "rules/lists/well_known.h"
#include "rules/rule_actions.h"

namespace postern::load {
namespace {

bool refuses(const Action& action) {
  const ActionKind kind = kind_of(action);
  return kind == ActionKind::reject || kind == ActionKind::defer || kind == ActionKind::discard ||
         kind == ActionKind::hold || kind == ActionKind::redirect;
}

bool refuses_or_passes(const Action& action) {
  return refuses(action) || kind_of(action) == ActionKind::pass;
}

bool has_list(const Predicate& predicate, const lists::List& list) {
  return std::find(predicate.lists.begin(), predicate.lists.end(), &list) != predicate.lists.end();
}

// What a rule does by an entry of a list. REQUIRES: it has no check.
const Action* action_by(const Rule& rule, const lists::List& list, lists::EntryId entry) {
  if (const Action* own = list.action_for(entry)) return own;
  return rule.then()->empty() ? nullptr : &rule.then()->back();
}

// What is said about entries of one list, of many the first ones.
class Shown {
 public:
  // `more`: `entries that would ...`, for those that are only counted.
  Shown(const lists::List& list, std::string more, Diagnostics& diagnostics)
      : list_(list), more_(std::move(more)), diagnostics_(diagnostics) {}

  void warn(lists::EntryId entry, const std::string& words) {
    line_ = list_.entries().line(entry);
    if (++found_ > kWellKnownShown) return;
    const std::string what = is_inline()
                                 ? "value '" + list_.entry_text(entry) + "'"
                                 : "entry '" + list_.entry_text(entry) + "' of " + list_name();
    diagnostics_.warning({list_.file(), line_}, what + words);
  }

  void count_the_rest() {
    if (found_ <= kWellKnownShown) return;
    diagnostics_.warning(
        {list_.file(), line_},
        list_name() + " has " + std::to_string(found_ - kWellKnownShown) + " more " + more_);
  }

 private:
  [[nodiscard]] bool is_inline() const { return list_.name() == "inline"; }
  [[nodiscard]] std::string list_name() const {
    return is_inline() ? "this condition" : "list '" + list_.name() + "'";
  }

  const lists::List& list_;
  std::string more_;
  Diagnostics& diagnostics_;
  std::size_t found_ = 0;
  int line_ = 0;
};

class GuardWarnings {
 public:
  GuardWarnings(const SnapshotBuilder& builder, Diagnostics& diagnostics)
      : builder_(builder), diagnostics_(diagnostics) {
    for (const Rule& rule : builder.rules()) {
      if (rule.then() == nullptr) continue;
      for (const PredicateId id : rule.when.all) {
        for (const lists::List* list : builder.predicates()[id].lists) {
          Rules& rules = rules_with_[list];
          if (rules.empty() || rules.back() != &rule) rules.push_back(&rule);
        }
      }
    }
  }

  // A list with a name: whoever adds to it need not know the rules that use it.
  void warn_about_named(const lists::List& list) {
    warn_about(list, rules_where(list, [&](const Rule& rule) { return !excludes(rule, list); }));
  }

  // The values of a condition. Whoever writes `sender_domain: gmail.com, client: ...` has said
  // which mail is meant.
  void warn_about_inline(const lists::List& list) {
    warn_about(list, rules_where(list, [&](const Rule& rule) {
                 return rule.when.none.empty() && rule.when.found.empty() && is_all(rule, list);
               }));
  }

 private:
  using Rules = std::vector<const Rule*>;

  // Those that may decide by an entry of a list.
  template <class Fits>
  [[nodiscard]] Rules rules_where(const lists::List& list, Fits fits) const {
    Rules found;
    const auto with = rules_with_.find(&list);
    if (with == rules_with_.end()) return found;
    for (const Rule* rule : with->second) {
      if (fits(*rule)) found.push_back(rule);
    }
    return found;
  }

  [[nodiscard]] bool excludes(const Rule& rule, const lists::List& list) const {
    bool excluded = false;
    for (const Condition& none : rule.when.none) {
      for_each_predicate(none, builder_.predicates(), [&](const Predicate& predicate) {
        excluded = excluded || has_list(predicate, list);
      });
    }
    return excluded;
  }

  // Whether no other condition narrows what the list matches.
  [[nodiscard]] bool is_all(const Rule& rule, const lists::List& list) const {
    return std::all_of(rule.when.all.begin(), rule.when.all.end(), [&](PredicateId id) {
      const Predicate& predicate = builder_.predicates()[id];
      return has_list(predicate, list) ||
             std::any_of(predicate.lists.begin(), predicate.lists.end(),
                         [](const lists::List* other) { return !other->broad().empty(); });
    });
  }

  void warn_about(const lists::List& list, const Rules& rules) {
    if (rules.empty()) return;
    const auto hits = lists::find_well_known(list, builder_.well_known(), UtcTime::min());
    Shown well_known(list, "entries that would refuse what 'well_known:' names", diagnostics_);
    for (const lists::WellKnownHit& hit : hits) {
      if (const Rule* rule = first_that(rules, list, hit.entry, refuses)) {
        well_known.warn(hit.entry, " would make rule '" + rule->name + "' " +
                                       action_word(*rule, list, hit.entry) + " " +
                                       lists::domains_of(hit) + ", which 'well_known:' names");
      }
    }
    well_known.count_the_rest();
    // Of a text it is asked whether there is any: `header.x-spam: "~."`.
    if (list.kind() == lists::ListKind::text) return;
    Shown very_broad(list, "entries that are very broad", diagnostics_);
    for (const lists::BroadEntry& broad : list.broad()) {
      const Rule* rule = first_that(rules, list, broad.entry, refuses_or_passes);
      if (rule == nullptr || is_among(hits, rules, list, broad.entry)) continue;
      very_broad.warn(broad.entry, " is very broad, and would make rule '" + rule->name + "' " +
                                       action_word(*rule, list, broad.entry) + ": " + broad.why);
    }
    very_broad.count_the_rest();
  }

  // The first of `rules` whose action by that entry `fits`; null: there is none.
  template <class Fits>
  static const Rule* first_that(const Rules& rules, const lists::List& list, lists::EntryId entry,
                                Fits fits) {
    const auto rule = std::find_if(rules.begin(), rules.end(), [&](const Rule* one) {
      const Action* action = action_by(*one, list, entry);
      return action != nullptr && fits(*action);
    });
    return rule == rules.end() ? nullptr : *rule;
  }

  // Whether it has been said already that this entry refuses well-known domains.
  static bool is_among(const std::vector<lists::WellKnownHit>& hits, const Rules& rules,
                       const lists::List& list, lists::EntryId entry) {
    return first_that(rules, list, entry, refuses) != nullptr &&
           std::any_of(hits.begin(), hits.end(),
                       [&](const lists::WellKnownHit& hit) { return hit.entry == entry; });
  }

  static std::string action_word(const Rule& rule, const lists::List& list, lists::EntryId entry) {
    return std::string(to_string(kind_of(*action_by(rule, list, entry))));
  }

  const SnapshotBuilder& builder_;
  Diagnostics& diagnostics_;
  // In the order of the rules. Of a condition's own values, of which there are as many as rules,
  // all rules would be too many to look at for each.
  std::unordered_map<const lists::List*, Rules> rules_with_;
};

}  // namespace

void load_well_known(yaml::ConfigMap& top, SnapshotBuilder& builder) {
  for (const yaml::YamlNode* value : top.scalars("well_known")) {
    const lists::List* list = builder.find_list(value->text);
    if (list == nullptr || list->kind() != lists::ListKind::domain) {
      top.diagnostics().error(
          value->where, "well_known: " + yaml::found_want("'" + value->text + "'",
                                                          "the name of a list of kind domain"));
      continue;
    }
    builder.add_well_known(static_cast<const lists::DomainList&>(*list));
  }
}

void warn_of_broad_and_well_known(const SnapshotBuilder& builder, Diagnostics& diagnostics) {
  const auto& well_known = builder.well_known();
  GuardWarnings warnings(builder, diagnostics);
  for (const auto& list : builder.lists()) {
    if (std::find(well_known.begin(), well_known.end(), list.get()) == well_known.end()) {
      warnings.warn_about_named(*list);
    }
  }
  for (const auto& list : builder.inline_lists()) warnings.warn_about_inline(*list);
}

}  // namespace postern::load

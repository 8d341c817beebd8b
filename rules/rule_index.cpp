#include "rules/rule_index.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "rules/attribute_value.h"
#include "rules/snapshot.h"

namespace postern {
namespace {

bool has_regex(const lists::List* list) {
  for (lists::EntryId id = 0; id < list->entries().size(); ++id) {
    if (list->entry_text(id).starts_with('~')) return true;
  }
  return false;
}

bool can_be_gate(const Predicate& predicate) {
  if (predicate.kind != Predicate::Kind::in_lists) return false;
  if (is_about_header(predicate.attribute) || has_unknown_entries(predicate)) return false;
  if (database_fact(predicate.attribute)) return false;
  std::size_t entries = 0;
  for (const lists::List* list : predicate.lists) entries += list->entries().size();
  return entries <= RuleIndex::kMaxGateEntries &&
         std::none_of(predicate.lists.begin(), predicate.lists.end(), has_regex);
}

// What is about one recipient and meant for a later stage holds up others until then, whether this
// recipient matches or not.
bool may_wait_without_match(const Rule& rule) {
  return rule.about_recipients && rule.stages != StageSet::all();
}

// Chooses the gates of rules.
class GateKeeper {
 public:
  GateKeeper(const std::vector<Rule>& rules, const std::vector<Predicate>& predicates)
      : predicates_(predicates), rules_that_ask_(predicates.size()) {
    for (const Predicate& predicate : predicates) can_be_gate_.push_back(can_be_gate(predicate));
    for (const Rule& rule : rules) {
      for (PredicateId id : rule.when.all) ++rules_that_ask_[id];
    }
  }

  // The one that fewest rules share. Null: the rule has none.
  [[nodiscard]] const Predicate* gate_of(const Rule& rule) const {
    if (rule.is_asked_about || may_wait_without_match(rule)) return nullptr;
    const PredicateId* gate = nullptr;
    for (const PredicateId& id : rule.when.all) {
      if (!can_be_gate_[id]) continue;
      if (gate == nullptr || rules_that_ask_[id] < rules_that_ask_[*gate]) gate = &id;
    }
    return gate == nullptr ? nullptr : &predicates_[*gate];
  }

 private:
  const std::vector<Predicate>& predicates_;
  std::vector<bool> can_be_gate_;
  std::vector<std::size_t> rules_that_ask_;
};

using RulesByValue = std::map<std::string, std::vector<RuleNumber>>;

void add_values(const Predicate& gate, RuleNumber rule, RulesByValue& values) {
  for (const lists::List* list : gate.lists) {
    for (lists::EntryId id = 0; id < list->entries().size(); ++id) {
      auto& rules = values[list->entry_text(id)];
      if (rules.empty() || rules.back() != rule) rules.push_back(rule);
    }
  }
}

// The rules that one attribute is the gate of.
struct Gated {
  std::vector<RuleNumber> rules;  // ascending
  RulesByValue by_value;
};

std::map<Attribute, Gated> gated_rules(const std::vector<Rule>& rules,
                                       const std::vector<Predicate>& predicates,
                                       std::vector<RuleNumber>& without_gate) {
  const GateKeeper keeper(rules, predicates);
  std::map<Attribute, Gated> found;
  for (RuleNumber rule = 0; rule < rules.size(); ++rule) {
    const Predicate* gate = keeper.gate_of(rules[rule]);
    if (gate == nullptr) {
      without_gate.push_back(rule);
      continue;
    }
    Gated& gated = found[gate->attribute];
    gated.rules.push_back(rule);
    add_values(*gate, rule, gated.by_value);
  }
  return found;
}

// Puts the values into `list`, and their rules into `rules` by entry. False when the list does not
// take one, though each is the text of an entry.
bool take(RulesByValue&& values, lists::List& list, std::vector<std::vector<RuleNumber>>& rules) {
  for (auto& [value, numbers] : values) {
    if (!list.add(value, 0, {})) return false;
    rules.push_back(std::move(numbers));
  }
  return list.build().has_value();
}

}  // namespace

RuleIndex::RuleIndex(const std::vector<Rule>& rules, const std::vector<Predicate>& predicates) {
  for (auto& [attribute, gated] : gated_rules(rules, predicates, always_)) {
    Gates gates{attribute, lists::make_list(*list_kind_of(attribute), "gates"), {}, {}};
    if (!take(std::move(gated.by_value), *gates.values, gates.rules)) {
      always_.insert(always_.end(), gated.rules.begin(), gated.rules.end());
      continue;
    }
    std::copy_if(gated.rules.begin(), gated.rules.end(), std::back_inserter(gates.may_wait),
                 [&](RuleNumber rule) { return rules[rule].may_decide; });
    gates_.push_back(std::move(gates));
  }
  std::sort(always_.begin(), always_.end());
}

RuleIndex::Walk RuleIndex::walk(const Transaction& transaction) const {
  Walk walk;
  walk.always_ = always_;
  for (const Gates& gates : gates_) {
    if (!is_known(gates.attribute, transaction)) {
      walk.unknown_[walk.unknown_count_++] = gates.may_wait;
      continue;
    }
    const auto entries = look_up(
        gates.attribute, transaction, *gates.values, std::vector<lists::EntryId>{},
        [](const auto& list, const auto& value) { return list.find_all(value, UtcTime::min()); });
    for (lists::EntryId entry : entries) {
      const auto& rules = gates.rules[entry];
      walk.matches_.insert(walk.matches_.end(), rules.begin(), rules.end());
    }
  }
  std::sort(walk.matches_.begin(), walk.matches_.end());
  const auto rest = std::unique(walk.matches_.begin(), walk.matches_.end());
  walk.matches_.erase(rest, walk.matches_.end());
  walk.matched_ = walk.matches_;
  return walk;
}

std::optional<RuleNumber> RuleIndex::Walk::next() {
  const auto first = [](Numbers& one, Numbers& other) -> Numbers& {
    return other.empty() || (!one.empty() && one.front() <= other.front()) ? one : other;
  };
  Numbers* from = &first(always_, matched_);
  for (std::size_t i = 0; i < unknown_count_; ++i) from = &first(*from, unknown_[i]);
  if (from->empty()) return std::nullopt;
  const RuleNumber rule = from->front();
  *from = from->subspan(1);
  return rule;
}

}  // namespace postern

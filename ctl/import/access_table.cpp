#include "ctl/import/access_table.h"

#include <algorithm>
#include <map>

#include "rules/load/action_node.h"
#include "rules/load/plain_list.h"
#include "rules/model/action.h"

namespace postern::import {
namespace {

constexpr std::string_view kNothing = "log";

using Actions = std::vector<std::string>;

class StepWriter {
 public:
  StepWriter(std::string name, const TableStep& step, const std::vector<std::string>& below,
             Imported& imported)
      : name_(std::move(name)), step_(step), below_(below), imported_(imported) {
    for (const TableEntry& entry : step.entries) actions_.push_back(actions_of(entry.outcome));
    for (const Actions& actions : actions_) {
      if (is_entry_action(actions)) continue;
      if (std::find(of_rules_.begin(), of_rules_.end(), actions) == of_rules_.end()) {
        of_rules_.push_back(actions);
      }
    }
  }

  // The names of the rules, in order.
  std::vector<std::string> write() {
    if (of_rules_.empty()) of_rules_.push_back(most_common());
    for (std::size_t i = 0; i < of_rules_.size(); ++i) {
      const bool last = i + 1 == of_rules_.size();
      write_rule(of_rules_.size() == 1 ? name_ : name_ + "-" + std::to_string(i + 1), of_rules_[i],
                 last ? Copy::deciding : Copy::no_op);
    }
    return names_;
  }

 private:
  // In a copy only the entries of its rule do something.
  enum class Copy { no_op, deciding };

  [[nodiscard]] Actions actions_of(const Outcome& outcome) const {
    Actions actions = outcome.actions;
    if (!outcome.decides() && outcome.ends == Outcome::Ends::table && !below_.empty()) {
      std::string skip = "skip";
      for (const std::string& name : below_) skip += " " + name;
      actions.push_back(std::move(skip));
    }
    if (actions.empty()) actions.emplace_back(kNothing);
    return actions;
  }

  static bool is_entry_action(const Actions& actions) {
    return actions.size() == 1 && load::parse_entry_action(actions.front()).has_value();
  }

  [[nodiscard]] Actions most_common() const {
    std::map<Actions, std::size_t> counts;
    const Actions* best = &actions_.front();
    for (const Actions& actions : actions_) {
      if (++counts[actions] > counts[*best]) best = &actions;
    }
    return *best;
  }

  void write_rule(const std::string& name, const Actions& then, Copy copy) {
    ImportedRule rule{name, {}, then};
    if (!step_.attribute.empty()) {
      write_list(name, then, copy);
      rule.when.push_back(step_.attribute + ": " + name);
    }
    write_guards(rule);
    imported_.rules.push_back(std::move(rule));
    names_.push_back(name);
  }

  void write_list(const std::string& name, const Actions& then, Copy copy) {
    ImportedList list{name, step_.kind, {}};
    for (std::size_t i = 0; i < step_.entries.size(); ++i) {
      std::string own;
      if (actions_[i] != then) {
        const bool acts = copy == Copy::deciding && is_entry_action(actions_[i]);
        own = acts ? actions_[i].front() : std::string(kNothing);
      }
      list.entries.push_back({step_.entries[i].value, std::move(own)});
    }
    imported_.lists.push_back(std::move(list));
  }

  // What must match is a double negation: a map has no room for two conditions on one attribute.
  void write_guards(ImportedRule& rule) const {
    if (step_.guards.empty()) return;
    rule.when.emplace_back("not:");
    for (const Guard& guard : step_.guards) {
      const std::string condition = "{ " + guard.attribute + ": " + yaml_quoted(guard.value) + " }";
      rule.when.push_back("  - " +
                          (guard.holds == Guard::Holds::no ? condition : "not: " + condition));
    }
  }

  std::string name_;
  const TableStep& step_;
  const std::vector<std::string>& below_;
  Imported& imported_;
  std::vector<Actions> actions_;  // by entry
  std::vector<Actions> of_rules_;
  std::vector<std::string> names_;
};

}  // namespace

std::vector<std::string> add_table(const std::string& name, const std::vector<TableStep>& steps,
                                   Imported& imported) {
  // From the last step to the first, because a step names the rules below it.
  std::vector<Imported> parts;
  std::vector<std::string> rules;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (step->entries.empty()) continue;
    const std::string own = step->suffix.empty() ? name : name + "-" + step->suffix;
    parts.emplace_back();
    std::vector<std::string> names = StepWriter(own, *step, rules, parts.back()).write();
    rules.insert(rules.begin(), names.begin(), names.end());
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    std::move(part->lists.begin(), part->lists.end(), std::back_inserter(imported.lists));
    std::move(part->rules.begin(), part->rules.end(), std::back_inserter(imported.rules));
  }
  return rules;
}

bool fits_entry(const Outcome& outcome) {
  return outcome.actions.empty() || (outcome.actions.size() == 1 &&
                                     load::parse_entry_action(outcome.actions.front()).has_value());
}

std::string value_fault(lists::ListKind kind, const std::string& value) {
  if (value.size() > load::kMaxListLine / 2) return "it is too long for a line of a list";
  const auto unseen = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (std::any_of(value.begin(), value.end(), unseen)) return "it holds a control character";
  const auto list = lists::make_list(kind, "one");
  if (auto added = list->add(value, 1, {}); !added) return added.error().text;
  if (auto built = list->build(); !built) return built.error().text;
  return {};
}

void KeySteps::add(std::size_t step, const std::string& value, const Outcome& outcome,
                   const TableLine& line) {
  std::vector<TableEntry>& entries = steps_[step].entries;
  const First here{line.number, entries.size()};
  const auto [first, is_new] = first_.emplace(std::to_string(step) + " " + value, here);
  if (is_new) {
    entries.push_back({value, outcome});
    log_.import(line);
  } else if (entries[first->second.index].outcome == outcome) {
    log_.repeat(line);
  } else {
    log_.leave_idle(line, line.text,
                    "never decides: line " + std::to_string(first->second.line) +
                        " has the same key and does something else; the first is kept");
  }
}

Outcome OutcomeReader::read(const TableLine& line, std::string_view text) {
  auto read = read_(text);
  if (read && is_one_too_many(read->outcome)) {
    read = failure("more than " + std::to_string(kMaxRuleOutcomes) +
                   " different actions that no entry can have by itself");
  }
  if (!read) {
    log_.refuse(line, text,
                read.error().text +
                    "; its key stays, and does nothing, so that no other line takes its place");
    return no_op();
  }
  for (const std::string& change : read->changes) log_.warn(line, text, change);
  return std::move(read->outcome);
}

bool OutcomeReader::is_one_too_many(const Outcome& outcome) {
  if (fits_entry(outcome)) return false;
  if (std::find(of_rules_.begin(), of_rules_.end(), outcome) != of_rules_.end()) return false;
  of_rules_.push_back(outcome);
  return of_rules_.size() > kMaxRuleOutcomes;
}

}  // namespace postern::import

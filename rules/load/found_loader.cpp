#include "rules/load/found_loader.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/escape.h"
#include "common/yaml/config_map.h"
#include "rules/findings.h"
#include "rules/rule_actions.h"

namespace postern::load {
namespace {

constexpr std::string_view kAnd = " and ";

// `one, two`
template <class Values, class NameOf>
std::string listed(const Values& values, NameOf name_of) {
  std::string text;
  for (const auto& value : values) {
    text.append(text.empty() ? "" : ", ").append(name_of(value));
  }
  return text;
}

// The rules that have a check and stand above, in the words of an error.
std::string known_rules(const SnapshotBuilder& builder) {
  if (builder.checked().empty()) return "a rule with a check above this one; there is none";
  return "a rule above this one with its finding: " +
         listed(builder.checked(), [](const CheckedRule& rule) { return rule.name; });
}

FoundWord load_word(const yaml::YamlNode& value, std::string_view text, SnapshotBuilder& builder,
                    Diagnostics& diagnostics) {
  FoundWord word{std::string(text), {}, {}};
  const std::string_view name = text.substr(0, text.find('.'));
  const std::string_view finding = text.substr(std::min(text.size(), name.size() + 1));
  const auto refuse = [&](const std::string& want) {
    diagnostics.error(value.where, "found: " + yaml::found_want("'" + printable(text) + "'", want));
  };
  const CheckInfo* without = nullptr;  // a check that has another finding
  bool is_there = false;
  for (const CheckedRule& rule : builder.checked()) {
    if (name != rule.name && name != rule.info->name) continue;
    const auto& findings = rule.info->findings;
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [&](const FindingInfo& one) { return one.name == finding; });
    if (found == findings.end()) {
      without = rule.info;
      continue;
    }
    is_there = true;
    word.doors.add(rule.doors);
    if (!rule.number) continue;
    word.by.push_back(
        {*rule.number, static_cast<std::size_t>(found - findings.begin()), found->finding_class});
    builder.ask_about(*rule.number);
  }
  if (is_there) return word;
  if (without == nullptr) {
    refuse(known_rules(builder));
  } else {
    refuse("'" + std::string(name) + ".' and one of " +
           listed(without->findings, [](const FindingInfo& one) { return one.name; }));
  }
  return word;
}

bool loses(ActionKind kind) {
  return kind == ActionKind::reject || kind == ActionKind::discard || kind == ActionKind::redirect;
}

// What the rule may do that is the hardest for a message; nothing: neither of these.
std::optional<ActionKind> hardest_of(const Rule& rule, const SnapshotBuilder& builder) {
  std::optional<ActionKind> hardest;
  for_each_action(rule, builder.predicates(), [&](const Action& action, const std::string&) {
    const ActionKind kind = kind_of(action);
    if (loses(kind) || (kind == ActionKind::defer && !hardest)) hardest = kind;
  });
  return hardest;
}

// Whether these findings, and nothing else, make what the condition asks for true.
bool holds(const Condition& condition, const Findings& findings) {
  if (!condition.found.empty() && findings.judge(condition.found) != Truth::yes) return false;
  return std::none_of(condition.none.begin(), condition.none.end(), [&](const Condition& none) {
    return asks_for_findings(none) && holds(none, findings);
  });
}

// The findings of a check for which nobody may be refused.
std::vector<std::size_t> without_refusal(const CheckInfo& info) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < info.findings.size(); ++i) {
    if (!info.findings[i].no_refusal.empty()) all.push_back(i);
  }
  return all;
}

std::size_t good_one_but(const CheckInfo& info, std::size_t finding) {
  for (std::size_t i = 0; i < info.findings.size(); ++i) {
    if (i != finding && info.findings[i].finding_class == FindingClass::good) return i;
  }
  return info.findings.size();
}

// A rule with such findings that a condition asks about.
struct RuleAskedAbout {
  std::uint32_t rule = 0;
  const CheckInfo* info = nullptr;
  std::vector<std::string_view> asked;  // as the condition has it, the first first
  std::vector<std::size_t> findings;
};

// Of rules that only words for all of them ask about, as by the name of a check, it is enough to
// have as many as they can find: what holds for these holds for more of them.
bool is_one_too_many(const RuleAskedAbout& one, const std::vector<RuleAskedAbout>& kept) {
  const auto alike = std::count_if(kept.begin(), kept.end(), [&](const RuleAskedAbout& other) {
    return other.info == one.info && other.asked == one.asked;
  });
  return static_cast<std::size_t>(alike) >= one.findings.size();
}

std::vector<RuleAskedAbout> rules_asked_about(const Rule& rule, const SnapshotBuilder& builder) {
  std::vector<RuleAskedAbout> all;
  for_each_found_word(rule.when, [&](const FoundWord& word) {
    for (const FoundBy& by : word.by) {
      auto one = std::find_if(all.begin(), all.end(),
                              [&](const RuleAskedAbout& known) { return known.rule == by.rule; });
      if (one == all.end()) {
        const CheckInfo& info = *builder.rules()[by.rule].check()->info;
        all.push_back({by.rule, &info, {}, without_refusal(info)});
        one = std::prev(all.end());
      }
      one->asked.emplace_back(word.text);
    }
  });
  std::vector<RuleAskedAbout> enough;
  for (RuleAskedAbout& one : all) {
    if (one.findings.empty() || is_one_too_many(one, enough)) continue;
    enough.push_back(std::move(one));
  }
  return enough;
}

// Whether the rule refuses if each of the others has found one of these findings, and nothing else
// is known, and not if each has found a good one in its place, be it by `not:`. `turn` counts all
// ways in which they can be together.
bool refuses_alone(const Rule& rule, const std::vector<RuleAskedAbout>& others, std::size_t turn) {
  Findings alone;
  Findings good;
  for (const RuleAskedAbout& other : others) {
    const std::size_t none = other.findings[turn % other.findings.size()];
    turn /= other.findings.size();
    alone.note({other.rule, Truth::yes, none, other.info->findings[none].finding_class});
    good.note({other.rule, Truth::yes, good_one_but(*other.info, none)});
  }
  return holds(rule.when, alone) && !holds(rule.when, good);
}

// Loading takes milliseconds with as many.
constexpr std::size_t kMostTurns = 4096;

// Beyond kMostTurns: some number above it.
std::size_t turns_of(const std::vector<RuleAskedAbout>& others) {
  std::size_t turns = others.empty() ? 0 : 1;
  for (const RuleAskedAbout& other : others) {
    turns = std::min(turns * other.findings.size(), kMostTurns + 1);
  }
  return turns;
}

// Calls `visit(together)` for what must hold: what is excluded from what is excluded, too.
void for_each_wanted(const Condition& condition, int excluded, auto visit) {
  if (excluded % 2 == 0) std::for_each(condition.found.begin(), condition.found.end(), visit);
  for (const Condition& none : condition.none) for_each_wanted(none, excluded + 1, visit);
}

}  // namespace

FoundTogether load_found(const yaml::YamlNode& value, SnapshotBuilder& builder,
                         Diagnostics& diagnostics) {
  FoundTogether together;
  std::string_view rest = value.text;
  while (true) {
    const std::size_t end = rest.find(kAnd);
    together.push_back(load_word(value, rest.substr(0, end), builder, diagnostics));
    if (end == std::string_view::npos) return together;
    rest.remove_prefix(end + kAnd.size());
  }
}

void check_found(const Rule& rule, const SnapshotBuilder& builder, Diagnostics& diagnostics) {
  const auto hardest = hardest_of(rule, builder);
  if (!hardest) return;
  const auto refuse = [&](const std::string& word, const std::string& want) {
    diagnostics.error(
        rule.where, "rule '" + rule.name + "': " +
                        yaml::found_want(
                            std::string(to_string(*hardest)) + " for 'found: " + word + "'", want));
  };
  for_each_wanted(rule.when, 0, [&](const FoundTogether& together) {
    for (const FoundWord& word : together) {
      const bool is_temporary = std::any_of(word.by.begin(), word.by.end(), [](const FoundBy& by) {
        return by.finding_class == FindingClass::temporary;
      });
      if (!is_temporary || !loses(*hardest)) continue;
      refuse(word.text,
             "defer, hold, log, soften or pass: what could not be found out is temporary and must "
             "not lose mail");
    }
  });
  // What a check of the rule itself finds is another sign beside it.
  if (rule.check() != nullptr) return;
  const auto others = rules_asked_about(rule, builder);
  const std::size_t turns = turns_of(others);
  if (turns > kMostTurns) {
    return refuse(std::string(others.front().asked.front()),
                  "fewer rules that 'found:' asks about in one rule: what these " +
                      std::to_string(others.size()) + " find can be together in more than " +
                      std::to_string(kMostTurns) +
                      " ways, and it must be seen of each that nobody is refused for it alone");
  }
  for (std::size_t turn = 0; turn < turns; ++turn) {
    if (!refuses_alone(rule, others, turn)) continue;
    const RuleAskedAbout& first = others.front();
    const std::size_t finding = first.findings[turn % first.findings.size()];
    return refuse(std::string(first.asked.front()),
                  "hold, log, prepend, skip or pass, or another finding beside it, with ' and ': "
                  "nobody may be refused for " +
                      std::string(first.info->name) + "." +
                      std::string(first.info->findings[finding].name) + " alone");
  }
}

}  // namespace postern::load

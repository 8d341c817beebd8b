#include "rules/findings.h"

#include <algorithm>

#include "rules/snapshot.h"

namespace postern {
namespace {

// Of several that are joined by OR: `yes` settles it, and what is still to come may do so.
template <class Values, class JudgeOne>
Truth any_of(const Values& values, JudgeOne judge_one) {
  Truth result = Truth::no;
  for (const auto& value : values) {
    const Truth truth = judge_one(value);
    if (truth == Truth::yes) return Truth::yes;
    if (result == Truth::no || truth == Truth::unknown)
      result = truth == Truth::no ? result : truth;
  }
  return result;
}

}  // namespace

const RuleFinding* Findings::of(std::uint32_t rule) const {
  const auto known = std::find_if(known_.begin(), known_.end(),
                                  [&](const RuleFinding& one) { return one.rule == rule; });
  return known == known_.end() ? nullptr : &*known;
}

Truth Findings::judge(const FoundBy& by) const {
  const RuleFinding* known = of(by.rule);
  if (known == nullptr) return Truth::no;
  if (known->truth != Truth::yes) return known->truth;
  if (known->finding == by.finding) return Truth::yes;
  const bool could_not_find_out = known->finding_class == FindingClass::temporary;
  return could_not_find_out && by.finding_class != FindingClass::temporary ? Truth::undecidable
                                                                           : Truth::no;
}

Truth Findings::judge(const FoundWord& word) const {
  return any_of(word.by, [&](const FoundBy& by) { return judge(by); });
}

Truth Findings::judge(const std::vector<FoundTogether>& found) const {
  return any_of(found, [&](const FoundTogether& together) {
    Truth result = Truth::yes;
    for (const FoundWord& word : together) result = joined(result, judge(word));
    return result;
  });
}

bool Findings::await_facts(const Condition& condition) const {
  bool await = false;
  for_each_found(condition, [&](const FoundBy& by) {
    const RuleFinding* known = of(by.rule);
    await = await || (known != nullptr && known->awaits_facts);
  });
  return await;
}

bool rests_on_fault(const Rule& rule, const CheckReport* report) {
  if (report != nullptr) {
    return rule.check()->info->findings[report->finding].finding_class == FindingClass::temporary;
  }
  bool is_fault = false;
  for_each_found(rule.when, [&](const FoundBy& by) {
    is_fault = is_fault || by.finding_class == FindingClass::temporary;
  });
  return is_fault;
}

bool asks_for_findings(const Condition& condition) {
  return !condition.found.empty() ||
         std::any_of(condition.none.begin(), condition.none.end(), asks_for_findings);
}

std::string found_text(const std::vector<FoundTogether>& found) {
  std::string text;
  for (const FoundTogether& together : found) {
    if (!text.empty()) text += ", or ";
    for (const FoundWord& word : together) {
      if (&word != &together.front()) text += " and ";
      text += word.text;
    }
  }
  return text;
}

}  // namespace postern

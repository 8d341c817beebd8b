// What the checks of rules further up have found in one evaluation, for the conditions of rules
// that ask for it (`found:`). A value, owned by one evaluation. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rules/condition.h"
#include "rules/model/check.h"

namespace postern {

struct Rule;

// What is known of a rule that is asked about. A rule that was not looked at, did not match or
// whose check does not apply has found nothing: no.
struct RuleFinding {
  std::uint32_t rule = 0;  // index into Snapshot::rules()
  Truth truth = Truth::no;
  std::size_t finding = 0;  // where truth is yes
  FindingClass finding_class = FindingClass::good;
  bool awaits_facts = false;  // where truth is unknown: for facts, and not for a later stage
};

class Findings {
 public:
  // Of each rule at most once.
  void note(const RuleFinding& finding) { known_.push_back(finding); }

  // Whether any of `found` holds. Where a check could not find out, what else it might have found
  // is undecidable, also under `not:`: no fault of DNS is taken for a finding.
  [[nodiscard]] Truth judge(const std::vector<FoundTogether>& found) const;
  // Whether facts are awaited by a rule that the condition asks about.
  [[nodiscard]] bool await_facts(const Condition& condition) const;

 private:
  [[nodiscard]] const RuleFinding* of(std::uint32_t rule) const;
  [[nodiscard]] Truth judge(const FoundBy& by) const;
  [[nodiscard]] Truth judge(const FoundWord& word) const;

  std::vector<RuleFinding> known_;  // rules are asked about by name: there are few
};

// Whether a rule that acts does so because something could not be found out: by `report`, which is
// that of its check (null: it has none), or by what it asks for.
bool rests_on_fault(const Rule& rule, const CheckReport* report);

// Whether it, or what it excludes, asks for findings.
bool asks_for_findings(const Condition& condition);

// As a person reads it: `dnsbl.listed and rdns.none, or spf.fail`.
std::string found_text(const std::vector<FoundTogether>& found);

// Calls `visit(word)` for each that the condition asks for.
template <class Visit>
void for_each_found_word(const Condition& condition, Visit visit) {
  for (const FoundTogether& together : condition.found) {
    for (const FoundWord& word : together) visit(word);
  }
  for (const Condition& excluded : condition.none) for_each_found_word(excluded, visit);
}

// Calls `visit(by)` for each rule with a finding that the condition asks for.
template <class Visit>
void for_each_found(const Condition& condition, Visit visit) {
  for_each_found_word(condition, [&](const FoundWord& word) {
    for (const FoundBy& by : word.by) visit(by);
  });
}

}  // namespace postern

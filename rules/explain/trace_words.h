// What became of rules in one evaluation, in words: for a person, and as one word for a program.
// Pure; texts from outside come out as they are.
#pragma once

#include <string>
#include <string_view>

#include "rules/explain/explanation.h"

namespace postern::explain {

// One word for a program: `no_match`, `would`.
std::string_view word_of(TracedRule::Outcome outcome);
std::string_view word_of(TracedAction::Outcome outcome);
std::string_view word_of(Truth truth);

// Why a rule has done nothing, for a person: `does not match`.
std::string why_passed_over(const Explanation& explanation, const Rule& rule,
                            const TracedRule& traced);

// What became of an action that a rule has for this transaction: `DECIDES: reject 550 ...`.
std::string became_of(const Explanation& explanation, const Rule& rule, const TracedRule& traced,
                      const TracedAction& action);

}  // namespace postern::explain

// What the parts of an explanation are called, in text and in JSON alike. Pure; texts from outside
// come out as they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/explanation.h"

namespace postern {

// In their order.
inline constexpr Stage kAllStages[] = {Stage::connect, Stage::helo, Stage::mail,
                                       Stage::rcpt,    Stage::data, Stage::eom};

// One word for a program: `no_match`, `would`.
std::string_view word_of(TracedRule::Outcome outcome);
std::string_view word_of(TracedAction::Outcome outcome);
std::string_view word_of(Truth truth);

// What a rule answers, with its placeholders replaced: `550 5.7.1 text`, a text for the MTA's log;
// empty when there is none.
std::string reply_of(const Verdict& verdict);

// Why a rule has done nothing, for a person: `does not match`.
std::string why_passed_over(const Explanation& explanation, const Rule& rule,
                            const TracedRule& traced);

// What became of an action that a rule has for this transaction: `DECIDES: reject 550 ...`.
std::string became_of(const Explanation& explanation, const Rule& rule, const TracedRule& traced,
                      const TracedAction& action);

// The command that lets such mail in again, when there is one.
std::optional<std::string> way_out(const Explanation& explanation);

}  // namespace postern

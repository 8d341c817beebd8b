// What the parts of an explanation are called beside rules/explain/trace_words.h, in text and in
// JSON alike. Pure; texts from outside come out as they are.
#pragma once

#include <optional>
#include <string>

#include "rules/explain/explanation.h"
#include "rules/explain/trace_words.h"

namespace postern::ctl {

// What a rule answers, with its placeholders replaced: `550 5.7.1 text`, a text for the MTA's log;
// empty when there is none.
std::string reply_of(const Verdict& verdict);

// The command that lets such mail in again, when there is one.
std::optional<std::string> way_out(const explain::Explanation& explanation);

}  // namespace postern::ctl

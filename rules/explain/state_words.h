// Records of state and what is done to them, in words: for the log, a trace, `explain` and the
// journal's page. Pure.
#pragma once

#include <string>

#include "rules/model/state.h"

namespace postern::explain {

// `limit s@a.example`: the name of the rule, and what the record is about.
std::string words_of(const StateKey& key);
// `found, debt 36s`, `absent`, `unavailable`; with `, counted` if the message has had an effect.
std::string words_of(const StateFact& fact);
// `limit s@a.example: found, debt 36s`
std::string words_of(const StateEvidence& evidence);
// Appends the same.
void append_words(std::string& text, const StateEvidence& evidence);
// `take 1 of limit s@a.example`
std::string words_of(const Effect& effect);

}  // namespace postern::explain

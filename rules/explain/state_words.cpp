#include "rules/explain/state_words.h"

#include <chrono>

#include "common/base/duration.h"
#include "common/base/overloaded.h"
#include "common/base/words.h"

namespace postern::explain {
namespace {

using std::chrono::seconds;

// In whole seconds, rounded up.
void append_seconds(std::string& text, std::chrono::microseconds time) {
  append_duration(text, std::chrono::ceil<seconds>(time));
}

void append_key(std::string& text, const StateKey& key) {
  text += key.bucket;
  for (const std::string& part : key.parts) text.append(" ").append(part);
}

void append_state(std::string& text, const StateFact& fact) {
  text += word_of(kStateStatuses, fact.status);
  if (fact.status == StateFact::Status::found) {
    const StateRecord& record = fact.record;
    append_seconds(text += ", since ", record.since_first);
    if (record.debt.count() > 0) append_seconds(text += ", debt ", record.debt);
    if (record.members > 0) text += ", members " + std::to_string(record.members);
    if (record.is_marked) text += ", marked";
  }
  if (fact.done != StateFact::Done::nothing) text += ", counted";
}

}  // namespace

std::string words_of(const StateKey& key) {
  std::string text;
  append_key(text, key);
  return text;
}

std::string words_of(const StateFact& fact) {
  std::string text;
  append_state(text, fact);
  return text;
}

std::string words_of(const StateEvidence& evidence) {
  std::string text;
  append_words(text, evidence);
  return text;
}

void append_words(std::string& text, const StateEvidence& evidence) {
  append_key(text, evidence.key);
  append_state(text += ": ", evidence.fact);
}

std::string words_of(const Effect& effect) {
  return std::visit(
      Overloaded{
          [&](const Touch&) { return "touch " + words_of(effect.key); },
          [&](const Mark&) { return "mark " + words_of(effect.key); },
          [&](const Take& take) {
            return "take " + std::to_string(take.units) + " of " + words_of(effect.key);
          },
          [&](const Add& add) { return "add " + add.member + " to " + words_of(effect.key); }},
      effect.what);
}

}  // namespace postern::explain

#include "rules/explain/state_words.h"

#include <chrono>

#include "common/base/duration.h"
#include "common/base/overloaded.h"
#include "common/base/words.h"

namespace postern::explain {
namespace {

using std::chrono::seconds;

// In whole seconds, rounded up.
std::string in_seconds(std::chrono::microseconds time) {
  return format_duration(std::chrono::ceil<seconds>(time));
}

}  // namespace

std::string words_of(const StateKey& key) {
  std::string text = key.bucket;
  for (const std::string& part : key.parts) text.append(" ").append(part);
  return text;
}

std::string words_of(const StateFact& fact) {
  std::string text(word_of(kStateStatuses, fact.status));
  if (fact.status == StateFact::Status::found) {
    const StateRecord& record = fact.record;
    text += ", since " + in_seconds(record.since_first);
    if (record.debt.count() > 0) text += ", debt " + in_seconds(record.debt);
    if (record.members > 0) text += ", members " + std::to_string(record.members);
    if (record.is_marked) text += ", marked";
  }
  return fact.done == StateFact::Done::nothing ? text : text + ", counted";
}

std::string words_of(const StateEvidence& evidence) {
  return words_of(evidence.key) + ": " + words_of(evidence.fact);
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

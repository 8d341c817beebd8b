// Records of the journal as decisions of the past, judged anew by their own rules or by others.
// Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "rules/journal/record.h"
#include "rules/needs.h"
#include "rules/replay/judge.h"
#include "rules/replay/past.h"

namespace postern::replay {

// What the record of the next decision has of DNS and of state, and nothing else.
class RecordedFacts : public FactSource {
 public:
  // Null: nothing. Outlives its use.
  void use(const journal::JournalRecord* record) { record_ = record; }
  std::optional<dns::DnsFact> find(const dns::DnsQuestion& question) override;
  std::optional<StateFact> find_state(const StateKey& key) override;

 private:
  const journal::JournalRecord* record_ = nullptr;
};

// Whether the record is a decision of its own: not the verdict of before, said once more.
bool is_own_decision(const journal::JournalRecord& record);

Past past_of(const journal::JournalRecord& record);
// The same in parts.
Outcome outcome_of(const journal::RecordedVerdict& verdict);
std::string message_of(const journal::JournalRecord& record);
std::size_t teller_of(const journal::JournalRecord& record);

// The transaction as rules with these needs may look at it: what the record leaves out of header
// and local parts is untold.
Transaction told_by(const journal::JournalRecord& record, const Needs& needs);

// By other rules than those of the record. `asked_then` (null: not known) are the needs of its own
// rules: where they had the door ask no more, what waits for a later stage stays undecided.
Judgement judge_record(Judge& judge, const journal::JournalRecord& record,
                       std::chrono::system_clock::time_point now, const Needs* asked_then);

// What the rules of the record, replayed at its time, come to otherwise than is recorded: a fault
// of Postern, or something that is missing in the record.
struct Fidelity {
  enum class Kind : std::uint8_t {
    same,
    incomplete,  // the record does not hold all that was decided by: `what`
    other,       // `what`: `reject by rule x, and recorded is pass`
  } kind = Kind::same;
  std::string what;
};
Fidelity compare_with_record(Judge& own, const journal::JournalRecord& record);

}  // namespace postern::replay

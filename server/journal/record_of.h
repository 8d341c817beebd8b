// A decision as a record of the journal, taken over by the thread that decided: texts are copied
// into the memory that the record has, and nothing is written yet. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rules/explain/decision_line.h"
#include "rules/journal/record.h"

namespace postern::journal {

// Of the header only the fields that `headers` names, in lower case. Of the DNS answers those whose
// records are together no larger than this; the others are questions without an answer, and what is
// decided by them is undecided in a replay.
inline constexpr std::size_t kMaxFactBytes = std::size_t{128} << 10;
void fill_record(JournalRecord& record, const explain::DecisionRecord& decision,
                 const std::vector<std::string>& headers);

// The memory that texts from outside and answers take in it, about.
std::size_t bytes_of(const JournalRecord& record);

// Gives back what is shared with others, and what takes more than kKeptBytes; the memory of the
// rest stays, for the next decision.
inline constexpr std::size_t kKeptBytes = 2048;
void release(JournalRecord& record);

}  // namespace postern::journal

// The lines of the journal (docs/journal.md): each is one JSON object, with the version of the
// format. A segment begins with a line that says who writes it; a line says which rules are in
// force from there on; all others are records. Pure; every byte that is read is hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.h"
#include "rules/journal/record.h"

namespace postern::journal {

inline constexpr int kVersion = 1;
// No record is longer: the longest parts are facts, whose records are bounded (kMaxFactBytes in
// server/journal/record_of.h), and header fields, which are cut.
inline constexpr std::size_t kMaxLine = std::size_t{4} << 20;

// The first line of a segment.
struct SegmentLine {
  JournalTime time;
  Door door = Door::policy;
  std::string host;
  std::string version;  // of Postern
  friend bool operator==(const SegmentLine&, const SegmentLine&) = default;
};

// From here on messages that begin are judged by these rules. Their texts are in the store of
// generations.
struct GenerationLine {
  JournalTime time;
  std::uint64_t generation = 0;
  std::string fingerprint;  // over all its files, as `status` has it
  friend bool operator==(const GenerationLine&, const GenerationLine&) = default;
};

using JournalLine = std::variant<JournalRecord, SegmentLine, GenerationLine>;

// Appends the line with its end. Fields that say nothing are left out.
void append_line(std::string& out, const JournalRecord& record);
void append_line(std::string& out, const SegmentLine& line);
void append_line(std::string& out, const GenerationLine& line);

// What append_line() has written, without the end of the line; keys that are not known are passed
// over. Errors: longer than kMaxLine, no JSON object, another version than kVersion, a kind of line
// that is not known, a key that is missing or has a value that it cannot have.
Result<JournalLine> read_line(std::string_view line);

// Of a record what it is about and what it came to, in a fraction of the time: all but DNS and what
// the verdict says beside action and reply. False: the line is none of a record, or not as
// append_line() has written it, and read_line() says what it is. The rest of the line may be
// damaged.
bool read_outline(std::string_view line, JournalRecord& record);

}  // namespace postern::journal

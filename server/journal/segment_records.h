// The records of one segment of the journal, one after the other, with a bound on how much of it is
// in memory: a line, and a block of the file. One thread; blocks on the file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/line_splitter.h"
#include "rules/journal/journal_line.h"

namespace postern::journal {

// What was read, of all segments together.
struct JournalCounts {
  std::uint64_t segments = 0;
  std::uint64_t records = 0;
  std::uint64_t torn = 0;        // last lines without an end: a writer was stopped in the middle
  std::uint64_t unreadable = 0;  // lines
  // What a person should know of that, the first few: `FILE:LINE: found ...`.
  std::vector<std::string> faults;
  // Fingerprints of the rules by the number of their generation, as far as they have been read.
  std::map<std::uint64_t, std::string> fingerprints;
  // A file that could not be read to its end, or was written by a newer Postern.
  bool incomplete = false;

  static constexpr std::size_t kMaxFaults = 10;
  void add_fault(std::string text) {
    if (faults.size() < kMaxFaults) faults.push_back(std::move(text));
  }
};

// How much of a record is read: all, or what read_outline() reads of it, in a third of the
// time.
enum class Reading { whole, outline };

class SegmentRecords {
 public:
  // `name` is for faults. `counts` outlives it.
  SegmentRecords(std::unique_ptr<std::istream> in, std::string name, JournalCounts& counts,
                 Reading reading = Reading::whole);

  // Goes to the next record. False: there is none.
  bool next();
  // REQUIRES: next() returned true.
  [[nodiscard]] JournalRecord& record() { return record_; }
  // Reads the rest of the record, too. False: it is damaged, which is a fault.
  bool read_whole();

 private:
  struct Line {
    std::string text;
    enum class Kind { whole, torn, overlong } kind = Kind::whole;
  };

  void read_block();
  bool take();
  bool take_whole();
  void fault(const std::string& text);

  std::unique_ptr<std::istream> in_;  // null: read to its end
  std::string name_;
  JournalCounts& counts_;
  Reading reading_;
  LineSplitter splitter_{kMaxLine};
  std::deque<Line> lines_;
  Line line_;                 // of record_
  std::uint64_t number_ = 0;  // of the line
  JournalRecord record_;
  std::vector<char> block_;
};

}  // namespace postern::journal

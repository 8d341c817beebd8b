// A journal as one stream of records: the segments of a folder, or of files, open ones and those
// that are compressed, of both doors and several hosts together, in the order of time or nearly so
// (a record stands where its decision ended, and has the time when it began). In memory are one
// record and one block of each segment whose times overlap. One thread; blocks on files.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "server/journal/segment_records.h"

namespace postern::journal {

// From when on the newest segments of a folder are, with at most `bytes` of records in them or in
// the newest alone. Nothing: the folder has no more than that, or cannot be read.
std::optional<JournalTime> begin_of_newest(const std::string& folder, std::uintmax_t bytes);

class JournalFiles {
 public:
  // Each of `paths` is the folder of a journal, in which files of other names are passed over, or a
  // file, under any name. Records before `since` are passed over, and with them segments that were
  // written last before it. Error: one of the paths is not there or cannot be read.
  static Result<JournalFiles> open(const std::vector<std::string>& paths,
                                   std::optional<JournalTime> since = std::nullopt,
                                   Reading reading = Reading::whole);

  // The next record; null: there is none left. Valid until the next call. What cannot be read is
  // passed over and counted.
  const JournalRecord* next();
  // The same record whole, where next() gives outlines; null: it is damaged. REQUIRES: next() gave
  // one.
  const JournalRecord* in_full();
  // So far.
  [[nodiscard]] const JournalCounts& counts() const { return *counts_; }

 private:
  struct Waiting {
    std::string path;
    JournalTime begun;
  };

  JournalFiles(std::optional<JournalTime> since, Reading reading)
      : since_(since), reading_(reading) {}
  Result<void> add(const std::string& path);
  Result<void> add_folder(const std::string& path);
  void open_first();
  // Goes on in the segment of that place; without a further record it is closed.
  void advance(std::size_t place);
  [[nodiscard]] std::size_t earliest() const;

  std::optional<JournalTime> since_;
  Reading reading_;
  std::unique_ptr<JournalCounts> counts_ = std::make_unique<JournalCounts>();
  std::deque<Waiting> waiting_;                        // by `begun`
  std::vector<std::unique_ptr<SegmentRecords>> open_;  // each at a record
  std::optional<std::size_t> given_;  // the place in open_ of the record that was given last
};

}  // namespace postern::journal

// The records of a journal as they are written: its folder is looked at again and again, and of
// each segment what has come since. Where it has come to is a text, so that another process goes on
// there. One thread; blocks on files.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "rules/journal/record.h"

namespace postern::ctl {

class JournalTail {
 public:
  using Take = std::function<void(const journal::JournalRecord&)>;

  // The folder may not be there yet.
  explicit JournalTail(std::string folder) : folder_(std::move(folder)) {}

  // The whole lines that have come since the last time, segment by segment, the oldest first; the
  // first time all of the journal. A segment that was packed meanwhile is read on in the packed
  // file. Lines that are no records are passed over, and counted when they are damaged. Error: the
  // folder cannot be read.
  Result<void> read(const Take& take);

  // A line for each segment that is there: `NAME BYTES open`, `NAME BYTES whole`.
  [[nodiscard]] std::string place() const;
  // Goes on where place() was. False: it is damaged; then all of the journal is read.
  bool go_to(std::string_view place);

  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

 private:
  struct Done {
    std::uint64_t bytes = 0;
    bool whole = false;  // a packed segment, in which nothing can come any more
  };
  void read_segment(const std::string& path, Done& done, const Take& take);
  bool go_to_line(std::string_view line);
  void take_line(std::string_view line, const Take& take);

  std::string folder_;
  std::map<std::string, Done> done_;  // of each segment, by its name unpacked
  std::uint64_t damaged_ = 0;
};

}  // namespace postern::ctl

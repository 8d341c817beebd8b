// Writes the records of a daemon into segments: begins one when there is something to write, and
// closes it after an hour or 64 MiB. What cannot be written is kept and tried again, so that a line
// that was cut goes on where it was cut. The journal's thread; blocks on files.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/os/system_error.h"
#include "rules/journal/journal_line.h"
#include "server/journal/segment_file.h"

namespace postern::journal {

struct SegmentBounds {
  std::chrono::seconds age{std::chrono::hours{1}};
  std::uint64_t bytes = std::uint64_t{64} << 20;
};

class JournalWriter {
 public:
  using Clock = std::chrono::steady_clock;

  JournalWriter(Door door, std::string version, SegmentBounds bounds = {});

  // Where segments begin from now on. One that is open elsewhere is closed.
  void set_folder(const std::string& folder);
  // Whether the segment says already what rules those are; else they are to be added before a
  // record that rests on them.
  [[nodiscard]] bool tells_rules_of(std::uint64_t generation) const {
    return generation_ == generation;
  }
  void add(const GenerationLine& rules);
  void add(const JournalRecord& record) { append_line(pending_, record); }
  // Writes what it has taken. Error: not all of it, which stays.
  os::SystemResult<void> write(JournalTime now);
  // Closes a segment that is old or large enough, and one that somebody has removed. True: there is
  // a closed one since the last time.
  bool close_if_full(Clock::time_point now);
  // Whatever its age.
  void close();

  [[nodiscard]] std::size_t pending_bytes() const { return pending_.size(); }
  [[nodiscard]] std::uint64_t written_bytes() const { return written_bytes_; }
  // When the open segment is old enough; nothing when there is none.
  [[nodiscard]] std::optional<Clock::time_point> end_of_segment() const;

 private:
  const Door door_;
  const std::string host_;
  const std::string version_;
  const SegmentBounds bounds_;
  std::string folder_;
  std::string pending_;
  std::optional<SegmentFile> segment_;
  Clock::time_point begun_;
  std::optional<std::uint64_t> generation_;  // of the last record in pending_ or the segment
  bool within_line_ = false;                 // what was written last has no end of a line
  bool has_closed_ = false;
  std::uint64_t written_bytes_ = 0;
};

}  // namespace postern::journal

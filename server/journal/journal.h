// The journal of a daemon: every decision with all that it was made of (docs/journal.md), written
// beside the log by a thread of its own. Who decides never waits for it: what there is no room for
// is dropped and counted, and when the disk takes no more, writing goes on by itself once it does.
// Another thread compresses closed segments and removes old ones. One per daemon; any thread may
// call any function.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/os/log.h"
#include "rules/explain/decision_line.h"
#include "server/config/in_force.h"
#include "server/journal/hidden_local_parts.h"
#include "server/journal/journal_writer.h"
#include "server/journal/record_queue.h"
#include "server/journal/segment_packer.h"

namespace postern::journal {

class Journal {
 public:
  // The memory that it takes at most, about: two queues, what is read of them, a compressor.
  static constexpr std::size_t kBytes = std::size_t{56} << 20;

  struct Parts {
    Door door;
    std::string version;  // of Postern
    // Both outlive it. Each change of `journal:` and `state:` is taken as soon as there is
    // something to write.
    const config::LiveSettings& settings;
    os::DaemonLog& log;
    SegmentBounds segments = {};
    std::size_t max_records = RecordQueue::kMaxRecords;
  };
  explicit Journal(Parts parts);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal() { finish(); }

  void record(const explain::DecisionRecord& decision) noexcept;
  // Before decisions come that rest on them.
  void rules_coming(std::uint64_t generation, const std::string& fingerprint);
  // Writes what has come, and nothing that comes. Waits for a disk that is slow, and for none that
  // is full.
  void finish();

  struct Status {
    std::string folder;          // empty: the settings want none
    std::uint64_t records = 0;   // written, since the start
    std::uint64_t bytes = 0;     // of them
    std::uint64_t dropped = 0;   // records
    std::uint64_t segments = 0;  // in the folder, of both daemons, when it was looked at last
    std::uint64_t stored_bytes = 0;
    std::string failing;  // why nothing can be written now; empty: it can
  };
  [[nodiscard]] Status status() const;

 private:
  void write_records();
  void write_batch(std::size_t count);
  // False: it was told to finish meanwhile.
  bool write_out();
  void tell_failing(const std::string& why);
  void tell_written();
  LocalParts ready_to_hide(const config::JournalSettings& settings, const std::string& folder);
  [[nodiscard]] std::string fingerprint_of(std::uint64_t generation) const;

  void pack_segments();
  void pack_now();

  const Parts parts_;
  RecordQueue queue_;

  // The writer's own.
  JournalWriter writer_;
  std::vector<JournalRecord> batch_;
  std::optional<LocalPartHash> hash_;
  std::string hash_folder_;
  std::string no_key_;  // why, as it was told last

  mutable std::mutex mutex_;  // guards these
  std::condition_variable pack_;
  bool wants_packing_ = true;
  bool finished_ = false;
  Status status_;
  std::uint64_t dropped_told_ = 0;
  std::map<std::uint64_t, std::string> fingerprints_;

  std::thread packer_;
  std::thread thread_;  // last: they use all the others
};

}  // namespace postern::journal

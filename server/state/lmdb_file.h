// Records in a file of LMDB, which several processes share: beside lmdb_check.h the only place that
// knows LMDB. Codes are LMDB's or an errno; 0 is success. A process may have a file open once
// (lmdb.h, "Caveats").
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "common/os/file_identity.h"
#include "server/state/stored_record.h"

struct MDB_env;
struct MDB_txn;

namespace postern::state {

template <class T>
using LmdbResult = tl::expected<T, int>;

std::string lmdb_text(int code);
// That what is in the file is no database, or a broken one.
bool is_damage(int code);
// That there is no room for what was to be written.
bool is_full(int code);
// That another process has made the file larger than this one has mapped: adopt_size().
bool is_resized(int code);

// A record with its key; without a record: of another release, or damaged.
struct LmdbEntry {
  RecordKey key{};
  std::optional<StoredRecord> record;
};

class LmdbFile {
 public:
  enum class Access { read_write, read_only };

  // For the owner alone. `map_bytes` is what it can grow to, in address space too; less than what
  // is in it counts as that.
  static LmdbResult<std::unique_ptr<LmdbFile>> open(const std::string& path, std::size_t map_bytes,
                                                    Access access = Access::read_write);
  LmdbFile(const LmdbFile&) = delete;
  LmdbFile& operator=(const LmdbFile&) = delete;
  ~LmdbFile();

  // What is committed. Any thread; waits for nobody, but for the disk where a page is not in
  // memory.
  [[nodiscard]] LmdbResult<std::optional<StoredRecord>> read(const RecordKey& key);
  // At most `most` of them in the order of the keys, from `from` on.
  [[nodiscard]] LmdbResult<std::vector<LmdbEntry>> entries(const RecordKey& from, std::size_t most);
  // As of when the file was written last; nothing: never.
  [[nodiscard]] LmdbResult<std::optional<ClockReading>> clock();

  struct Usage {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;  // of pages that have records
    std::uint64_t map_bytes = 0;
    std::uint64_t page_bytes = 0;
  };
  [[nodiscard]] Usage usage() const;
  // Whether it is the file under its path still, and the other processes' lock is this one's.
  [[nodiscard]] bool is_in_place() const;
  // Gives up what processes that were killed have left in the table of readers; how many there
  // were.
  int clear_dead_readers();
  void adopt_size();

 private:
  friend class LmdbWrite;
  explicit LmdbFile(std::string path) : path_(std::move(path)) {}
  class Reading;
  // Runs `use(txn)` in a transaction that only reads, of those that are kept for it.
  template <class Use>
  int in_reading(const Use& use);

  const std::string path_;
  MDB_env* env_ = nullptr;
  os::FileIdentity lock_file_;
  unsigned records_ = 0;  // LMDB's handle of the table
  // Held alone while no transaction may be open, and nobody look at the map.
  mutable std::shared_mutex resize_;
  std::mutex idle_mutex_;
  std::vector<MDB_txn*> idle_;  // reset, of LMDB's table of readers
};

// One writer at a time, in all processes: begin() waits for the others. One thread. What is not
// committed has not been.
class LmdbWrite {
 public:
  static LmdbResult<LmdbWrite> begin(LmdbFile& file);
  LmdbWrite(LmdbWrite&& other) noexcept;
  LmdbWrite& operator=(LmdbWrite&&) = delete;
  ~LmdbWrite();

  [[nodiscard]] LmdbResult<std::optional<StoredRecord>> read(const RecordKey& key) const;
  [[nodiscard]] LmdbResult<std::vector<LmdbEntry>> entries(const RecordKey& from,
                                                           std::size_t most) const;
  [[nodiscard]] LmdbResult<std::optional<ClockReading>> clock() const;
  int put(const RecordKey& key, const StoredRecord& record);
  int put_clock(const ClockReading& reading);
  // Success, too, where there is none.
  int erase(const RecordKey& key);
  // Keeps so many bytes in one piece, that no record can use; 0 gives them back.
  int hold_room(std::size_t bytes);
  // On the disk when it returns. Nothing may be called afterwards.
  int commit();

 private:
  LmdbWrite(LmdbFile& file, MDB_txn* transaction) : file_(&file), transaction_(transaction) {}

  LmdbFile* file_;
  MDB_txn* transaction_;
};

}  // namespace postern::state

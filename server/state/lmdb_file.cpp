#include "server/state/lmdb_file.h"

#include <lmdb.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "server/state/number_bytes.h"

namespace postern::state {
namespace {

// Each thread that reads at the moment, of both daemons, has one.
constexpr unsigned kMaxReaders = 1024;
// Where the file keeps its time, and room for nothing: no record has so short a key.
constexpr std::string_view kClockKey = "c";
constexpr std::string_view kRoomKey = "r";
constexpr std::size_t kClockBytes = 16;

// As LMDB calls it (MDB_NOSUBDIR).
std::string lock_path(const std::string& path) {
  return path + "-lock";
}

MDB_val value_of(std::string_view bytes) {
  // LMDB does not write there.
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

MDB_val value_of(const RecordKey& key) {
  return value_of({reinterpret_cast<const char*>(key.data()), key.size()});
}

std::string_view bytes_in(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

LmdbResult<std::optional<StoredRecord>> get_record(MDB_txn* txn, MDB_dbi table,
                                                   const RecordKey& key) {
  MDB_val name = value_of(key);
  MDB_val value{};
  const int code = ::mdb_get(txn, table, &name, &value);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != 0) return tl::unexpected(code);
  return record_in(bytes_in(value));
}

LmdbResult<std::optional<ClockReading>> get_clock(MDB_txn* txn, MDB_dbi table) {
  MDB_val name = value_of(kClockKey);
  MDB_val value{};
  const int code = ::mdb_get(txn, table, &name, &value);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != 0) return tl::unexpected(code);
  if (value.mv_size != kClockBytes) return std::nullopt;
  NumberReader in(bytes_in(value));
  ClockReading reading;
  reading.time = StoreTime(std::chrono::microseconds(static_cast<std::int64_t>(in.number<8>())));
  reading.boottime = std::chrono::microseconds(static_cast<std::int64_t>(in.number<8>()));
  return reading;
}

LmdbResult<std::vector<LmdbEntry>> get_entries(MDB_txn* txn, MDB_dbi table, const RecordKey& from,
                                               std::size_t most) {
  MDB_cursor* cursor = nullptr;
  if (const int code = ::mdb_cursor_open(txn, table, &cursor); code != 0) {
    return tl::unexpected(code);
  }
  const std::unique_ptr<MDB_cursor, decltype(&::mdb_cursor_close)> owner(cursor,
                                                                         &::mdb_cursor_close);
  std::vector<LmdbEntry> entries;
  MDB_val name = value_of(from);
  MDB_val value{};
  int code = ::mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE);
  while (code == 0 && entries.size() < most) {
    if (name.mv_size == std::tuple_size_v<RecordKey>) {
      LmdbEntry& entry = entries.emplace_back();
      std::copy_n(static_cast<const unsigned char*>(name.mv_data), entry.key.size(),
                  entry.key.begin());
      entry.record = record_in(bytes_in(value));
    }
    code = ::mdb_cursor_get(cursor, &name, &value, MDB_NEXT);
  }
  if (code != 0 && code != MDB_NOTFOUND) return tl::unexpected(code);
  return entries;
}

}  // namespace

std::string lmdb_text(int code) {
  return ::mdb_strerror(code);
}

bool is_damage(int code) {
  return code == MDB_INVALID || code == MDB_VERSION_MISMATCH || code == MDB_CORRUPTED ||
         code == MDB_PAGE_NOTFOUND || code == MDB_PANIC || code == MDB_INCOMPATIBLE;
}

bool is_full(int code) {
  return code == MDB_MAP_FULL || code == MDB_TXN_FULL;
}

bool is_resized(int code) {
  return code == MDB_MAP_RESIZED;
}

// ---- the file

LmdbResult<std::unique_ptr<LmdbFile>> LmdbFile::open(const std::string& path, std::size_t map_bytes,
                                                     Access access) {
  std::unique_ptr<LmdbFile> file(new LmdbFile(path));
  if (const int code = ::mdb_env_create(&file->env_); code != 0) return tl::unexpected(code);
  MDB_env* env = file->env_;
  const unsigned reading = access == Access::read_only ? MDB_RDONLY : 0U;
  int code = ::mdb_env_set_maxreaders(env, kMaxReaders);
  if (code == 0 && map_bytes > 0) code = ::mdb_env_set_mapsize(env, map_bytes);
  if (code == 0) {
    code = ::mdb_env_open(env, path.c_str(), MDB_NOSUBDIR | MDB_NOTLS | reading, 0600);
  }
  MDB_txn* txn = nullptr;
  if (code == 0) code = ::mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
  if (code == 0) code = ::mdb_dbi_open(txn, nullptr, 0, &file->records_);
  if (txn != nullptr) {
    if (code == 0)
      code = ::mdb_txn_commit(txn);  // keeps the handle
    else
      ::mdb_txn_abort(txn);
  }
  if (code != 0) return tl::unexpected(code);
  file->lock_file_ = os::identify_file(lock_path(path));
  return file;
}

LmdbFile::~LmdbFile() {
  for (MDB_txn* txn : idle_) ::mdb_txn_abort(txn);
  if (env_ != nullptr) ::mdb_env_close(env_);
}

// A transaction that is left open, because what uses it throws, would keep every page that is given
// up from being used anew.
class LmdbFile::Reading {
 public:
  explicit Reading(LmdbFile& file) : file_(file), open_(file.resize_) {
    {
      const std::lock_guard lock(file_.idle_mutex_);
      if (!file_.idle_.empty()) {
        txn_ = file_.idle_.back();
        file_.idle_.pop_back();
      }
    }
    code_ = txn_ == nullptr ? ::mdb_txn_begin(file_.env_, nullptr, MDB_RDONLY, &txn_)
                            : ::mdb_txn_renew(txn_);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() { ::mdb_txn_abort(txn_); }

  [[nodiscard]] int code() const { return code_; }
  [[nodiscard]] MDB_txn* txn() const { return txn_; }
  // For the next who reads.
  void keep() {
    ::mdb_txn_reset(txn_);
    const std::lock_guard lock(file_.idle_mutex_);
    file_.idle_.push_back(txn_);
    txn_ = nullptr;
  }

 private:
  LmdbFile& file_;
  std::shared_lock<std::shared_mutex> open_;
  MDB_txn* txn_ = nullptr;
  int code_ = 0;
};

template <class Use>
int LmdbFile::in_reading(const Use& use) {
  Reading reading(*this);
  if (reading.code() != 0) return reading.code();
  use(reading.txn());
  reading.keep();
  return 0;
}

LmdbResult<std::optional<StoredRecord>> LmdbFile::read(const RecordKey& key) {
  LmdbResult<std::optional<StoredRecord>> result;
  const int code = in_reading([&](MDB_txn* txn) { result = get_record(txn, records_, key); });
  if (code != 0) return tl::unexpected(code);
  return result;
}

LmdbResult<std::vector<LmdbEntry>> LmdbFile::entries(const RecordKey& from, std::size_t most) {
  LmdbResult<std::vector<LmdbEntry>> result;
  const int code =
      in_reading([&](MDB_txn* txn) { result = get_entries(txn, records_, from, most); });
  if (code != 0) return tl::unexpected(code);
  return result;
}

LmdbResult<std::optional<ClockReading>> LmdbFile::clock() {
  LmdbResult<std::optional<ClockReading>> result;
  const int code = in_reading([&](MDB_txn* txn) { result = get_clock(txn, records_); });
  if (code != 0) return tl::unexpected(code);
  return result;
}

LmdbFile::Usage LmdbFile::usage() const {
  MDB_stat stat{};
  MDB_envinfo info{};
  const std::shared_lock open(resize_);
  ::mdb_env_stat(env_, &stat);
  ::mdb_env_info(env_, &info);
  const std::size_t pages = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
  const std::size_t times = stat.ms_entries > 0 ? 1 : 0;
  return {stat.ms_entries - times, pages * stat.ms_psize, info.me_mapsize, stat.ms_psize};
}

bool LmdbFile::is_in_place() const {
  mdb_filehandle_t fd{};
  return ::mdb_env_get_fd(env_, &fd) == 0 &&
         os::is_same_file(os::identify_file(fd), os::identify_file(path_)) &&
         os::is_same_file(lock_file_, os::identify_file(lock_path(path_)));
}

int LmdbFile::clear_dead_readers() {
  int dead = 0;
  ::mdb_reader_check(env_, &dead);
  return dead;
}

void LmdbFile::adopt_size() {
  const std::lock_guard alone(resize_);
  ::mdb_env_set_mapsize(env_, 0);
}

// ---- a write

LmdbResult<LmdbWrite> LmdbWrite::begin(LmdbFile& file) {
  MDB_txn* txn = nullptr;
  const int code = ::mdb_txn_begin(file.env_, nullptr, 0, &txn);
  if (code != 0) return tl::unexpected(code);
  return LmdbWrite(file, txn);
}

LmdbWrite::LmdbWrite(LmdbWrite&& other) noexcept
    : file_(other.file_), transaction_(std::exchange(other.transaction_, nullptr)) {}

LmdbWrite::~LmdbWrite() {
  if (transaction_ != nullptr) ::mdb_txn_abort(transaction_);
}

LmdbResult<std::optional<StoredRecord>> LmdbWrite::read(const RecordKey& key) const {
  return get_record(transaction_, file_->records_, key);
}

LmdbResult<std::vector<LmdbEntry>> LmdbWrite::entries(const RecordKey& from,
                                                      std::size_t most) const {
  return get_entries(transaction_, file_->records_, from, most);
}

LmdbResult<std::optional<ClockReading>> LmdbWrite::clock() const {
  return get_clock(transaction_, file_->records_);
}

int LmdbWrite::put(const RecordKey& key, const StoredRecord& record) {
  const std::string bytes = bytes_of(record);
  MDB_val name = value_of(key);
  MDB_val value = value_of(bytes);
  return ::mdb_put(transaction_, file_->records_, &name, &value, 0);
}

int LmdbWrite::put_clock(const ClockReading& reading) {
  NumberWriter out;
  out.number<8>(static_cast<std::uint64_t>(reading.time.time_since_epoch().count()));
  out.number<8>(static_cast<std::uint64_t>(reading.boottime.count()));
  const std::string bytes = out.take();
  MDB_val name = value_of(kClockKey);
  MDB_val value = value_of(bytes);
  return ::mdb_put(transaction_, file_->records_, &name, &value, 0);
}

int LmdbWrite::erase(const RecordKey& key) {
  MDB_val name = value_of(key);
  const int code = ::mdb_del(transaction_, file_->records_, &name, nullptr);
  return code == MDB_NOTFOUND ? 0 : code;
}

int LmdbWrite::hold_room(std::size_t bytes) {
  MDB_val name = value_of(kRoomKey);
  if (bytes == 0) {
    const int code = ::mdb_del(transaction_, file_->records_, &name, nullptr);
    return code == MDB_NOTFOUND ? 0 : code;
  }
  MDB_val value{bytes, nullptr};
  const int code = ::mdb_put(transaction_, file_->records_, &name, &value, MDB_RESERVE);
  if (code == 0) std::memset(value.mv_data, 0, bytes);
  return code;
}

int LmdbWrite::commit() {
  return ::mdb_txn_commit(std::exchange(transaction_, nullptr));
}

}  // namespace postern::state

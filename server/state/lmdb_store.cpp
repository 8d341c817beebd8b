#include "server/state/lmdb_store.h"

#include <cstdio>
#include <exception>
#include <utility>

#include "common/os/folder_lock.h"
#include "common/os/system_error.h"
#include "server/state/lmdb_check.h"

namespace postern::state {
namespace {

// Beyond the time that another may check the file.
constexpr std::chrono::seconds kGrace{2};

}  // namespace

LmdbStore::LmdbStore(Parts parts) : parts_(std::move(parts)), clock_(parts_.clocks) {
  try_to_open();
  writer_ = std::thread([this] { write_changes(); });
}

StateFact LmdbStore::find(const StateKey& key) {
  std::shared_ptr<Opened> opened;
  RecordKey hashed{};
  {
    const std::lock_guard lock(mutex_);
    if (!is_usable()) return {};
    hashed = opened_->hash(key);
    if (const auto* record = pending_.find(hashed)) return fact_of(*record, clock_.now());
    if (pending_.size() >= parts_.max_waiting) return {};  // what it becomes could not be kept
    opened = opened_;
  }
  const auto record = opened->file->read(hashed);
  return record ? fact_of(*record, clock_.now()) : StateFact{};
}

void LmdbStore::apply(std::span<const Effect> effects) noexcept {
  const std::lock_guard lock(mutex_);
  const StoreTime now = clock_.now();
  for (const Effect& effect : effects) {
    add([&](const KeyHash& hash) { return hash.change_of(effect, now); });
  }
}

void LmdbStore::forget(const StateKey& key) noexcept {
  const std::lock_guard lock(mutex_);
  add([&](const KeyHash& hash) { return Change{hash(key), key.kind, Forget{}, {}, clock_.now()}; });
}

template <class ChangeBy>
void LmdbStore::add(const ChangeBy& change_by) noexcept {
  try {
    if (!finished_ && is_usable() && pending_.size() < parts_.max_waiting) {
      pending_.add(change_by(opened_->hash), [&](const RecordKey& key) {
        auto record = opened_->file->read(key);
        return record ? std::move(*record) : std::nullopt;
      });
      if (pending_.size() == 1) wake_.notify_one();
      return;
    }
  } catch (const std::exception&) {  // no memory
  }
  ++status_.dropped;
}

void LmdbStore::sweep() {
  const std::lock_guard lock(mutex_);
  sweep_ = Sweep::wanted;
  wake_.notify_one();
}

void LmdbStore::finish() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    wake_.notify_one();
  }
  if (writer_.joinable()) writer_.join();
}

StoreStatus LmdbStore::status() const {
  const std::lock_guard lock(mutex_);
  StoreStatus status = status_;
  status.file = parts_.folder + '/' + kRecordsName;
  status.waiting = pending_.size();
  if (!opened_) return status;
  const LmdbFile::Usage usage = opened_->file->usage();
  status.records = usage.records;
  status.bytes = usage.bytes;
  status.max_bytes = usage.map_bytes;
  return status;
}

// ---- opening

// Whoever else opens it meanwhile would put aside the file that is made here, or write to the old
// one under a new lock of LMDB's.
void LmdbStore::try_to_open() {
  tried_ = std::chrono::steady_clock::now();
  const std::string path = parts_.folder + '/' + kRecordsName;
  const std::string secret_path = parts_.folder + '/' + kSecretName;
  const bool lacks_secret = os::identify_file(path).there && !os::identify_file(secret_path).there;
  const auto secret = os::secret_in_file(parts_.folder, kSecretName);
  if (!secret) return tell_failing(secret.error().text);
  if (lacks_secret) {
    parts_.warn("the key of the store, " + secret_path +
                ", is lost: the store begins anew, with nothing known");
  }
  const auto alone = os::FolderLock::take(parts_.folder, kMostCheck + kGrace);
  if (!alone) return tell_failing(alone.error().text);
  auto file = open_sound(path);
  if (!file) return tell_failing("cannot open " + path + ": " + lmdb_text(file.error()));
  if (const auto last = (*file)->clock(); last && *last) clock_.go_on_from(**last);
  auto opened = std::make_shared<Opened>(
      Opened{KeyHash(*secret), os::identify_file(secret_path), std::move(*file)});
  chunk_ = most_at_once(*opened);
  tell_failing("");
  const std::lock_guard lock(mutex_);
  opened_ = std::move(opened);
}

LmdbResult<std::unique_ptr<LmdbFile>> LmdbStore::open_sound(const std::string& path) {
  if (check_lmdb_file(path) == FileHealth::damaged) put_aside(path, "a page is not right");
  auto file = LmdbFile::open(path, parts_.map_bytes);
  if (file || !is_damage(file.error())) return file;
  put_aside(path, lmdb_text(file.error()));
  return LmdbFile::open(path, parts_.map_bytes);
}

void LmdbStore::close() {
  const std::lock_guard lock(mutex_);
  closing_ = opened_;
  opened_.reset();
  status_.dropped += pending_.give_up();
}

// With its lock file: others may be using both.
void LmdbStore::put_aside(const std::string& path, const std::string& why) {
  const std::string aside = parts_.folder + '/' + kDamagedName;
  if (std::rename(path.c_str(), aside.c_str()) != 0) {
    return parts_.warn("the store is damaged (" + why + "); " +
                       os::system_failure("rename " + path).value().text);
  }
  std::rename((path + "-lock").c_str(), (aside + "-lock").c_str());
  parts_.warn("the store is damaged (" + why +
              ") and begins anew, with nothing known: what it was is " + aside);
  const std::lock_guard lock(mutex_);
  ++status_.put_aside;
}

void LmdbStore::fail(const std::string& why) {
  tried_ = std::chrono::steady_clock::now();
  tell_failing(why);
}

void LmdbStore::tell_failing(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    const std::string was = std::exchange(status_.failing, why);
    if (was.empty() == why.empty()) return;  // another reason does not make it another trouble
  }
  parts_.warn(why.empty() ? "the store is in use again"
                          : "the store is not in use: " + why + "; mail is judged without it");
}

}  // namespace postern::state

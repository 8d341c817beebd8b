#include "server/state/lmdb_store.h"

#include <cstdio>
#include <exception>
#include <utility>

#include "common/os/system_error.h"
#include "server/state/lmdb_check.h"

namespace postern::state {
LmdbStore::LmdbStore(Parts parts) : parts_(std::move(parts)), clock_(parts_.clocks) {
  try_to_open();
  writer_ = std::thread([this] { write_changes(); });
}

std::shared_ptr<LmdbStore::Opened> LmdbStore::opened() const {
  const std::lock_guard lock(mutex_);
  return opened_;
}

StateFact LmdbStore::find(const StateKey& key) {
  const auto opened = this->opened();
  if (!opened) return {};
  const RecordKey hashed = opened->hash(key);
  {
    const std::lock_guard lock(mutex_);
    if (const auto* record = pending_.find(hashed)) return fact_of(*record, clock_.now());
  }
  const auto record = opened->file->read(hashed);
  return record ? fact_of(*record, clock_.now()) : StateFact{};
}

void LmdbStore::apply(std::span<const Effect> effects) noexcept {
  for (const Effect& effect : effects) {
    try {
      const auto opened = this->opened();
      if (opened) {
        add(*opened, opened->hash.change_of(effect, clock_.now()));
        continue;
      }
    } catch (const std::exception&) {  // no memory
    }
    const std::lock_guard lock(mutex_);
    ++status_.dropped;
  }
}

void LmdbStore::forget(const StateKey& key) noexcept {
  try {
    if (const auto opened = this->opened()) {
      return add(*opened, {opened->hash(key), key.kind, Forget{}, {}, clock_.now()});
    }
  } catch (const std::exception&) {  // no memory
  }
  const std::lock_guard lock(mutex_);
  ++status_.dropped;
}

void LmdbStore::add(const Opened& opened, const Change& change) {
  const std::lock_guard lock(mutex_);
  if (finished_ || pending_.size() >= parts_.max_waiting) {
    ++status_.dropped;
    return;
  }
  pending_.add(change, [&](const RecordKey& key) {
    auto record = opened.file->read(key);
    return record ? std::move(*record) : std::nullopt;
  });
  if (pending_.size() == 1) wake_.notify_one();
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

void LmdbStore::try_to_open() {
  tried_to_open_ = std::chrono::steady_clock::now();
  const auto secret = os::secret_in_file(parts_.folder, kSecretName);
  if (!secret) return tell_failing(secret.error().text);
  const std::string path = parts_.folder + '/' + kRecordsName;
  auto file = open_sound(path);
  if (!file) return tell_failing("cannot open " + path + ": " + lmdb_text(file.error()));
  if (const auto last = (*file)->clock(); last && *last) clock_.go_on_from(**last);
  auto opened = std::make_shared<Opened>(Opened{KeyHash(*secret), std::move(*file)});
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

void LmdbStore::tell_failing(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(status_.failing, why) == why) return;
  }
  parts_.warn(why.empty() ? "the store is in use again"
                          : "the store is not in use: " + why + "; mail is judged without it");
}

}  // namespace postern::state

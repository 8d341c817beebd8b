// What the thread of a store does each second beside writing.
#include <vector>

#include "server/state/lmdb_store.h"

namespace postern::state {
namespace {

using SteadyClock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kEach = 1s;
constexpr auto kClearReaders = 1min;

// Of one sweep: records that it looks at, and that it removes.
constexpr std::size_t kLookedAtASweep = 4096;
constexpr std::size_t kMostSwept = 500;
// A change that waits to be written may be of a time when the record was not over.
constexpr auto kSweptAfter = 10min;

// The time, and room for nothing.
int write_room(LmdbFile& file, const ClockReading& clock, std::size_t bytes) {
  auto write = LmdbWrite::begin(file);
  if (!write) return write.error();
  int code = write->put_clock(clock);
  if (code == 0) code = write->hold_room(bytes);
  return code == 0 ? write->commit() : code;
}

}  // namespace

void LmdbStore::look_after(const std::shared_ptr<Opened>& opened) {
  const auto now = SteadyClock::now();
  Sweep how{};
  {
    const std::lock_guard lock(mutex_);
    how = sweep_;
    if (sweep_ == Sweep::wanted) sweep_ = Sweep::at_once;
  }
  if (how == Sweep::slowly && now - looked_after_ < kEach) return;
  looked_after_ = now;
  if (!opened) {
    if (now - tried_ >= parts_.again && closing_.expired()) try_to_open();
    return;
  }
  if (!is_in_place(*opened)) {
    tried_ = {};
    return close();
  }
  follow_others(*opened);
  try_to_write_again(*opened);
  if (now - readers_cleared_ >= kClearReaders) {
    readers_cleared_ = now;
    opened->file->clear_dead_readers();
  }
  sweep(*opened, how);
}

// Another daemon has put the file aside, or somebody has taken the key or the lock file away.
bool LmdbStore::is_in_place(const Opened& opened) const {
  const auto secret = os::identify_file(parts_.folder + '/' + kSecretName);
  return opened.file->is_in_place() && os::is_same_file(secret, opened.secret_file) &&
         secret.modified_ns == opened.secret_file.modified_ns;
}

void LmdbStore::follow_others(Opened& opened) {
  const auto last = opened.file->clock();
  if (last) {
    if (*last) clock_.not_before((*last)->time);
  } else if (is_resized(last.error())) {
    opened.file->adopt_size();
  } else {
    fail("cannot read it: " + lmdb_text(last.error()));
    if (is_damage(last.error())) close();
  }
}

// Nothing else would: of a store that cannot be used no check wants anything. On a full disk one
// record finds a page that was given up, and the next ones none; so as much is written as a batch
// may need.
void LmdbStore::try_to_write_again(Opened& opened) {
  {
    const std::lock_guard lock(mutex_);
    if (status_.failing.empty() || !opened_) return;
  }
  if (SteadyClock::now() - tried_ < parts_.again) return;
  const std::size_t room = chunk_ * opened.file->usage().page_bytes;
  int code = write_room(*opened.file, clock_.reading(), room);
  if (code == 0 || is_full(code)) code = write_room(*opened.file, clock_.reading(), 0);
  if (code == 0) return tell_failing("");
  fail("cannot write it: " + lmdb_text(code));
  if (is_damage(code)) close();
}

void LmdbStore::sweep(Opened& opened, Sweep how) {
  if (how == Sweep::wanted) swept_to_ = {};
  if (!sweep_some(opened)) return;
  const std::lock_guard lock(mutex_);
  if (sweep_ == Sweep::at_once) sweep_ = Sweep::slowly;
}

bool LmdbStore::sweep_some(Opened& opened) {
  const auto entries = opened.file->entries(swept_to_, kLookedAtASweep);
  if (!entries) {
    if (is_damage(entries.error())) close();
    return true;
  }
  const StoreTime long_over = clock_.now() - kSweptAfter;
  std::vector<RecordKey> over;
  for (const LmdbEntry& entry : *entries) {
    if (over.size() == kMostSwept) break;
    swept_to_ = entry.key;
    if (entry.record && entry.record->is_over(long_over)) over.push_back(entry.key);
  }
  const bool is_at_end = entries->size() < kLookedAtASweep && over.size() < kMostSwept;
  if (is_at_end) swept_to_ = {};
  if (over.empty()) return is_at_end;
  auto write = LmdbWrite::begin(*opened.file);
  if (!write) return is_at_end;
  std::size_t swept = 0;
  for (const RecordKey& key : over) {
    const auto record = write->read(key);  // another may have begun it anew
    if (!record || !*record || !(*record)->is_over(long_over)) continue;
    if (write->erase(key) != 0) return is_at_end;
    ++swept;
  }
  if (write->commit() != 0) return is_at_end;
  const std::lock_guard lock(mutex_);
  status_.swept += swept;
  return is_at_end;
}

}  // namespace postern::state

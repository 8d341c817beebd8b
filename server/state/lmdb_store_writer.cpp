// The thread of a store that writes.
#include <algorithm>
#include <exception>
#include <functional>
#include <span>
#include <utility>

#include "common/os/random_bytes.h"
#include "server/state/lmdb_store.h"

namespace postern::state {
namespace {

using SteadyClock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kLookAfter = 1s;
constexpr auto kClearReaders = 1min;
constexpr auto kOpenAgain = 10s;

// Changes of one write.
constexpr std::size_t kMostAtOnce = 1000;
constexpr std::size_t kLeastAtOnce = 16;
constexpr int kTries = 3;  // of a single one for which room is made
// What is above stays free for writes, which need new pages even to remove records.
constexpr std::size_t kFullPercent = 85;
constexpr std::size_t kSample = 512;

// Of one sweep: records that it looks at, and that it removes.
constexpr std::size_t kLookedAtASweep = 4096;
constexpr std::size_t kMostSwept = 500;
// A change that waits to be written may be of a time when the record was not over.
constexpr auto kSweptAfter = 10min;

}  // namespace

void LmdbStore::write_changes() {
  for (bool goes_on = true; goes_on;) {
    const Wake wake = wait_for_changes();
    goes_on = !wake.ends;
    const auto opened = this->opened();
    try {
      if (opened) write(*opened, wake.batch);
      if (goes_on) look_after(opened.get());
    } catch (const std::exception& error) {  // no memory
      tell_failing(error.what());
    }
  }
}

LmdbStore::Wake LmdbStore::wait_for_changes() {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, kLookAfter,
                 [&] { return finished_ || sweep_ != Sweep::slowly || pending_.size() > 0; });
  if (!finished_ && pending_.size() < chunk_) {
    wake_.wait_for(lock, parts_.gather, [&] { return finished_; });
  }
  Wake wake{pending_.take(chunk_)};
  wake.ends = finished_ && pending_.size() == 0;
  return wake;
}

void LmdbStore::write(Opened& opened, const std::vector<Change>& batch) {
  if (batch.empty()) return;
  const std::uint64_t before = opened.file->usage().records;
  PendingChanges::Written written;
  const int code = write_in_parts(opened, batch, written);
  settle(opened, batch, std::move(written), code);
  const LmdbFile::Usage usage = opened.file->usage();
  const bool is_nearly_full = usage.bytes > usage.map_bytes / 100 * kFullPercent;
  if (is_nearly_full && usage.records > before)
    make_room(opened, std::max<std::size_t>(2 * (usage.records - before), kSample / 2));
}

// When there is no room: pages that are given up are free two writes later, and fewer changes need
// fewer.
int LmdbStore::write_in_parts(Opened& opened, std::span<const Change> batch,
                              PendingChanges::Written& written) {
  int code = try_to_write(opened, batch, written);
  if (is_resized(code)) {
    opened.file->adopt_size();
    code = try_to_write(opened, batch, written);
  }
  for (int tries = 0; is_full(code) && tries < kTries; ++tries) {
    make_room(opened, kSample / 2);
    if (batch.size() > 1) {
      const std::size_t half = batch.size() / 2;
      code = write_in_parts(opened, batch.first(half), written);
      return code != 0 ? code : write_in_parts(opened, batch.subspan(half), written);
    }
    code = try_to_write(opened, batch, written);
  }
  return code;
}

int LmdbStore::try_to_write(Opened& opened, std::span<const Change> batch,
                            PendingChanges::Written& all_written) {
  PendingChanges::Written written;
  auto write = LmdbWrite::begin(*opened.file);
  if (!write) return write.error();
  if (const auto last = write->clock(); last && *last) clock_.not_before((*last)->time);
  for (const Change& change : batch) {
    const auto [place, is_new] = written.try_emplace(change.key);
    if (is_new) {
      auto record = write->read(change.key);
      if (!record) return record.error();
      place->second = std::move(*record);
    }
    carry_out(change, place->second);
  }
  for (const auto& [key, record] : written) {
    const int code = record ? write->put(key, *record) : write->erase(key);
    if (code != 0) return code;
  }
  int code = write->put_clock(clock_.reading());
  if (code == 0) code = write->commit();
  if (code != 0) return code;
  for (auto& [key, record] : written) all_written[key] = std::move(record);
  return 0;
}

// What could not be written has not been: the records are those on the disk.
void LmdbStore::settle(Opened& opened, const std::vector<Change>& batch,
                       PendingChanges::Written written, int code) {
  if (code != 0) {
    for (const Change& change : batch) {
      written[change.key] = opened.file->read(change.key).value_or(std::nullopt);
    }
  }
  {
    const std::lock_guard lock(mutex_);
    pending_.settle(written);
    (code == 0 ? status_.written : status_.dropped) += batch.size();
  }
  tell_failing(code == 0 ? "" : "cannot write it: " + lmdb_text(code));
}

// A write takes new pages for those that it changes, and gets the old ones back two writes later:
// it must not need more than there are.
std::size_t LmdbStore::most_at_once(const Opened& opened) {
  const LmdbFile::Usage usage = opened.file->usage();
  return std::clamp<std::size_t>(usage.map_bytes / usage.page_bytes / 64, kLeastAtOnce,
                                 kMostAtOnce);
}

// The keys are random, so that those behind one another are a sample.
void LmdbStore::make_room(Opened& opened, std::size_t records) {
  std::size_t gone = 0;
  while (gone < records) {
    RecordKey from{};
    if (!os::fill_random(std::as_writable_bytes(std::span(from)))) return;
    auto write = LmdbWrite::begin(*opened.file);
    if (!write) return;
    auto sample = write->entries(from, kSample);
    if (sample && sample->size() < kSample) sample = write->entries({}, kSample);
    if (!sample || sample->empty()) return;
    const StoreTime now = clock_.now();
    std::vector<std::pair<double, RecordKey>> spent;
    for (const LmdbEntry& entry : *sample) {
      spent.emplace_back(entry.record ? spent_share(*entry.record, now) : 1.0, entry.key);
    }
    std::sort(spent.begin(), spent.end(), std::greater<>());
    spent.resize(std::min(spent.size() / 2 + 1, records - gone));
    for (const auto& [share, key] : spent) {
      if (write->erase(key) != 0) return;
    }
    if (write->commit() != 0) return;
    gone += spent.size();
    const std::lock_guard lock(mutex_);
    status_.evicted += spent.size();
  }
}

// ---- what is done each second

void LmdbStore::look_after(Opened* opened) {
  const auto now = SteadyClock::now();
  Sweep sweep{};
  {
    const std::lock_guard lock(mutex_);
    sweep = sweep_;
    if (sweep_ == Sweep::wanted) sweep_ = Sweep::at_once;
  }
  if (sweep == Sweep::wanted) swept_to_ = {};
  if (sweep == Sweep::slowly && now - looked_after_ < kLookAfter) return;
  looked_after_ = now;
  if (opened == nullptr) {
    if (now - tried_to_open_ >= kOpenAgain) try_to_open();
    return;
  }
  if (!opened->file->is_in_place()) {  // another daemon has put it aside
    const std::lock_guard lock(mutex_);
    opened_.reset();
    tried_to_open_ = {};
    return;
  }
  const auto last = opened->file->clock();
  if (last && *last) clock_.not_before((*last)->time);
  if (!last && is_resized(last.error())) opened->file->adopt_size();
  if (now - readers_cleared_ >= kClearReaders) {
    readers_cleared_ = now;
    opened->file->clear_dead_readers();
  }
  if (!sweep_some(*opened)) return;
  const std::lock_guard lock(mutex_);
  if (sweep_ == Sweep::at_once) sweep_ = Sweep::slowly;
}

bool LmdbStore::sweep_some(Opened& opened) {
  const auto entries = opened.file->entries(swept_to_, kLookedAtASweep);
  if (!entries) return true;
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

// The thread of a store that writes.
#include <algorithm>
#include <exception>
#include <functional>
#include <span>
#include <utility>

#include "server/state/lmdb_store.h"

namespace postern::state {
namespace {

using SteadyClock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kLookAfter = 1s;

// Changes of one write.
constexpr std::size_t kMostAtOnce = 1000;
constexpr std::size_t kLeastAtOnce = 16;
constexpr int kTries = 3;  // of a single one for which room is made
// What is above stays free for writes, which need new pages even to remove records.
constexpr std::size_t kFullPercent = 85;
constexpr std::size_t kFullerPercent = 90;
constexpr std::size_t kRoomAtOnce = 256;  // records

}  // namespace

void LmdbStore::write_changes() {
  for (bool goes_on = true; goes_on;) {
    try {
      const Wake wake = wait_for_changes();
      goes_on = !wake.ends;
      if (wake.opened) write_batch(*wake.opened);
      if (goes_on) look_after(wake.opened);
    } catch (const std::exception& error) {  // no memory
      lose_all(error.what());
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
  pending_.take(chunk_, batch_);
  return {opened_, finished_ && pending_.size() == 0};
}

// The records on the disk are what they were: whatever was on its way to them is forgotten.
void LmdbStore::lose_all(const char* why) noexcept {
  {
    const std::lock_guard lock(mutex_);
    status_.dropped += pending_.give_up();
  }
  try {
    parts_.warn(std::string("the store has lost what was not written yet: ") + why);
  } catch (const std::exception&) {  // no memory for the line, either
  }
}

void LmdbStore::write_batch(Opened& opened) {
  if (batch_.empty()) return;
  const std::uint64_t before = opened.file->usage().records;
  Outcome outcome;
  const int code = write_in_parts(opened, batch_, outcome);
  settle(opened, std::move(outcome), code);
  if (is_damage(code)) return close();
  const LmdbFile::Usage usage = opened.file->usage();
  const std::size_t percent = usage.bytes / (usage.map_bytes / 100);
  if (percent < kFullPercent) come_ = 0;
  if (percent >= kFullPercent && usage.records > before) come_ += usage.records - before;
  if (come_ < kRoomAtOnce) return;
  make_room(opened, percent < kFullerPercent ? come_ : 2 * come_);
  come_ = 0;
}

// When there is no room: pages that are given up are free two writes later, and fewer changes need
// fewer.
int LmdbStore::write_in_parts(Opened& opened, std::span<const Change> batch, Outcome& outcome) {
  int code = try_to_write(opened, batch, outcome);
  if (is_resized(code)) {
    opened.file->adopt_size();
    code = try_to_write(opened, batch, outcome);
  }
  for (int tries = 0; is_full(code) && tries < kTries; ++tries) {
    make_room(opened, kRoomAtOnce);
    if (batch.size() > 1) {
      const std::size_t half = batch.size() / 2;
      code = write_in_parts(opened, batch.first(half), outcome);
      return code != 0 ? code : write_in_parts(opened, batch.subspan(half), outcome);
    }
    code = try_to_write(opened, batch, outcome);
  }
  return code;
}

int LmdbStore::try_to_write(Opened& opened, std::span<const Change> batch, Outcome& outcome) {
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
  for (auto& [key, record] : written) outcome.written[key] = std::move(record);
  outcome.changes += batch.size();
  return 0;
}

// What could not be written has not been: the records are those on the disk.
void LmdbStore::settle(Opened& opened, Outcome outcome, int code) {
  if (code != 0) {
    for (const Change& change : batch_) {
      outcome.written[change.key] = opened.file->read(change.key).value_or(std::nullopt);
    }
  }
  {
    const std::lock_guard lock(mutex_);
    pending_.settle(outcome.written);
    status_.written += outcome.changes;
    status_.dropped += batch_.size() - outcome.changes;
    // Not one after the other in vain: nothing is known until a write succeeds.
    if (code != 0) status_.dropped += pending_.give_up();
  }
  if (code != 0) return fail("cannot write it: " + lmdb_text(code));
  tell_failing("");
}

// A write takes new pages for those that it changes, and gets the old ones back two writes later:
// it must not need more than there are.
std::size_t LmdbStore::most_at_once(const Opened& opened) {
  const LmdbFile::Usage usage = opened.file->usage();
  return std::clamp<std::size_t>(usage.map_bytes / usage.page_bytes / 64, kLeastAtOnce,
                                 kMostAtOnce);
}

}  // namespace postern::state

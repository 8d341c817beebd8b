#include "server/journal/journal.h"

#include <exception>
#include <utility>

#include "server/config/configuration.h"

namespace postern::journal {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kWriteAt = std::size_t{1} << 20;
constexpr std::chrono::milliseconds kRetry = 1s;
constexpr std::chrono::seconds kLookAgain = 1min;  // for a segment that is old enough
constexpr std::chrono::seconds kPackAgain = 1h;
constexpr std::size_t kKnownGenerations = 100;

JournalTime now_in_journal() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

Journal::Journal(Parts parts)
    : parts_(std::move(parts)),
      queue_(parts_.max_records),
      writer_(parts_.door, parts_.version, parts_.segments),
      packer_([this] { pack_segments(); }),
      thread_([this] { write_records(); }) {}

void Journal::record(const explain::DecisionRecord& decision) noexcept {
  const config::Settings& settings = parts_.settings.current();
  if (!config::has_journal(settings)) return;
  queue_.put(
      [&](JournalRecord& record) { fill_record(record, decision, settings.journal.headers); });
}

void Journal::rules_coming(std::uint64_t generation, const std::string& fingerprint) {
  const std::lock_guard lock(mutex_);
  fingerprints_[generation] = fingerprint;
  if (fingerprints_.size() > kKnownGenerations) fingerprints_.erase(fingerprints_.begin());
}

std::string Journal::fingerprint_of(std::uint64_t generation) const {
  const std::lock_guard lock(mutex_);
  const auto found = fingerprints_.find(generation);
  return found == fingerprints_.end() ? std::string() : found->second;
}

void Journal::finish() {
  queue_.stop();
  if (thread_.joinable()) thread_.join();
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  pack_.notify_one();
  if (packer_.joinable()) packer_.join();
}

Journal::Status Journal::status() const {
  const std::uint64_t dropped = queue_.dropped();
  const std::lock_guard lock(mutex_);
  Status status = status_;
  status.folder = config::journal_folder(parts_.settings.current());
  status.dropped += dropped;
  return status;
}

// ---- the writer
// --------------------------------------------------------------------------------------

void Journal::write_records() {
  for (bool goes_on = true; goes_on;) {
    const auto end = writer_.end_of_segment();
    goes_on = queue_.wait_until(end.value_or(Clock::now() + kLookAgain));
    const std::size_t count = queue_.take(batch_);
    try {
      write_batch(count);
    } catch (const std::exception& error) {  // no memory
      tell_failing(error.what());
      const std::lock_guard lock(mutex_);
      status_.dropped += count;  // at most: some may be written
    }
    if (!writer_.close_if_full(Clock::now())) continue;
    const std::lock_guard lock(mutex_);
    wants_packing_ = true;
    pack_.notify_one();
  }
}

void Journal::write_batch(std::size_t count) {
  const config::Settings& settings = parts_.settings.current();
  const std::string folder = config::journal_folder(settings);
  writer_.set_folder(folder);
  const LocalParts local_parts = ready_to_hide(settings.journal, folder);
  for (std::size_t i = 0; i < count; ++i) {
    JournalRecord& record = batch_[i];
    if (!folder.empty()) {
      hide_local_parts(record, local_parts, hash_ ? &*hash_ : nullptr);
      const std::uint64_t generation = record.verdict.generation;
      if (!writer_.tells_rules_of(generation)) {
        writer_.add(GenerationLine{record.time, generation, fingerprint_of(generation)});
      }
      writer_.add(record);
    }
    release(record);
    if (writer_.pending_bytes() >= kWriteAt && !write_out()) return;
  }
  if (!write_out()) return;
  const std::lock_guard lock(mutex_);
  if (!folder.empty()) status_.records += count;
  status_.bytes = writer_.written_bytes();
}

bool Journal::write_out() {
  for (;;) {
    const auto written = writer_.write(now_in_journal());
    if (written) {
      tell_written();
      return true;
    }
    tell_failing(written.error().text);
    if (!queue_.pause(kRetry)) return false;
    writer_.set_folder(config::journal_folder(parts_.settings.current()));
  }
}

void Journal::tell_failing(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(status_.failing, why) == why) return;
  }
  parts_.log.warning("the journal is not written: " + why +
                     "; what comes is kept while there is room, and then dropped");
}

void Journal::tell_written() {
  const std::uint64_t dropped = queue_.dropped();
  bool was_failing = false;
  std::uint64_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    was_failing = !std::exchange(status_.failing, {}).empty();
    lost = dropped - std::exchange(dropped_told_, dropped);
  }
  if (lost > 0) {
    parts_.log.warning(
        "records of the journal dropped because they could not be written in time: " +
        std::to_string(lost));
  }
  if (was_failing) parts_.log.info("the journal is written again");
}

// What cannot be hashed is dropped.
LocalParts Journal::ready_to_hide(const config::JournalSettings& settings,
                                  const std::string& folder) {
  if (settings.local_parts != LocalParts::hash || folder.empty()) return settings.local_parts;
  if (hash_ && hash_folder_ == folder) return LocalParts::hash;
  const auto key = local_part_key(folder);
  if (!key) {
    if (std::exchange(no_key_, key.error().text) != key.error().text) {
      parts_.log.warning("the journal drops local parts: " + no_key_);
    }
    return LocalParts::drop;
  }
  hash_.emplace(*key);
  hash_folder_ = folder;
  return LocalParts::hash;
}

// ---- the packer
// --------------------------------------------------------------------------------------

void Journal::pack_segments() {
  std::unique_lock lock(mutex_);
  while (!finished_) {
    if (std::exchange(wants_packing_, false)) {
      lock.unlock();
      try {
        pack_now();
      } catch (const std::exception& error) {  // no memory
        parts_.log.warning(std::string("the journal: ") + error.what());
      }
      lock.lock();
      continue;
    }
    if (pack_.wait_for(lock, kPackAgain) == std::cv_status::timeout) wants_packing_ = true;
  }
}

void Journal::pack_now() {
  const config::Settings& settings = parts_.settings.current();
  const std::string folder = config::journal_folder(settings);
  if (folder.empty()) return;
  const auto packed =
      pack_and_prune(folder, {std::chrono::days(settings.journal.days), settings.journal.max_bytes},
                     std::chrono::system_clock::now());
  if (!packed) {
    parts_.log.warning("the journal: " + packed.error().text);
    return;
  }
  const std::lock_guard lock(mutex_);
  status_.segments = packed->segments;
  status_.stored_bytes = packed->bytes;
}

}  // namespace postern::journal

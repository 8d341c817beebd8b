#include "server/journal/journal_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/os/system_error.h"
#include "common/os/unpacked_file.h"
#include "server/journal/segment_list.h"

namespace postern::journal {
namespace {

namespace fs = std::filesystem;

bool was_written_before(const fs::path& path, JournalTime time) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;
  return JournalTime(std::chrono::seconds(status.st_mtim.tv_sec + 1)) < time;
}

}  // namespace

std::optional<JournalTime> begin_of_newest(const std::string& folder, std::uintmax_t bytes) {
  constexpr std::uintmax_t kPacking = 9;  // docs/journal.md: 833 bytes become 92
  const auto segments = whole_segments_in(folder);
  if (!segments) return std::nullopt;
  std::uintmax_t sum = 0;
  std::optional<JournalTime> begin;
  for (auto one = segments->rbegin(); one != segments->rend(); ++one) {
    std::error_code gone;
    const std::uintmax_t size = fs::file_size(one->path, gone);
    if (!gone) sum += one->name.packed ? size * kPacking : size;
    if (sum > bytes && begin) return begin;
    begin = one->name.begun;
  }
  return std::nullopt;
}

Result<JournalFiles> JournalFiles::open(const std::vector<std::string>& paths,
                                        std::optional<JournalTime> since, Reading reading) {
  JournalFiles files(since, reading);
  for (const std::string& path : paths) {
    if (auto added = files.add(path); !added) return tl::unexpected(added.error());
  }
  std::stable_sort(
      files.waiting_.begin(), files.waiting_.end(),
      [](const Waiting& one, const Waiting& other) { return one.begun < other.begun; });
  return files;
}

Result<void> JournalFiles::add(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return os::system_failure("read " + path);
  if (S_ISDIR(status.st_mode)) return add_folder(path);
  const auto name = parse_segment_name(fs::path(path).filename().string());
  waiting_.push_back({path, name ? name->begun : JournalTime::min()});
  return {};
}

Result<void> JournalFiles::add_folder(const std::string& path) {
  const auto segments = whole_segments_in(path);
  if (!segments) return tl::unexpected(segments.error());
  for (const SegmentPlace& segment : *segments) {
    if (since_ && was_written_before(segment.path, *since_)) continue;
    waiting_.push_back({segment.path, segment.name.begun});
  }
  return {};
}

void JournalFiles::open_first() {
  const Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  auto in = os::open_unpacked(first.path);
  if (in == nullptr && first.path.ends_with(".jsonl")) in = os::open_unpacked(first.path + ".zst");
  if (in == nullptr) {
    if (!fs::exists(first.path)) return;  // the oldest go while it is read
    counts_->incomplete = true;
    counts_->add_fault(first.path + ": cannot be opened");
    return;
  }
  open_.push_back(std::make_unique<SegmentRecords>(std::move(in), first.path, *counts_, reading_));
  advance(open_.size() - 1);
}

void JournalFiles::advance(std::size_t place) {
  SegmentRecords& segment = *open_[place];
  while (segment.next()) {
    if (!since_ || segment.record().time >= *since_) return;
  }
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(place));
}

std::size_t JournalFiles::earliest() const {
  const auto found = std::min_element(open_.begin(), open_.end(), [](auto& one, auto& other) {
    return one->record().time < other->record().time;
  });
  return static_cast<std::size_t>(found - open_.begin());
}

const JournalRecord* JournalFiles::next() {
  if (given_) advance(*std::exchange(given_, std::nullopt));
  while (!waiting_.empty() &&
         (open_.empty() || waiting_.front().begun <= open_[earliest()]->record().time)) {
    open_first();
  }
  if (open_.empty()) return nullptr;
  given_ = earliest();
  ++counts_->records;
  return &open_[*given_]->record();
}

const JournalRecord* JournalFiles::in_full() {
  SegmentRecords& segment = *open_[*given_];
  return segment.read_whole() ? &segment.record() : nullptr;
}

}  // namespace postern::journal

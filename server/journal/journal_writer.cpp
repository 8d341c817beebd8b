#include "server/journal/journal_writer.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/os/host_name.h"

namespace postern::journal {

JournalWriter::JournalWriter(Door door, std::string version, SegmentBounds bounds)
    : door_(door), host_(os::host_name()), version_(std::move(version)), bounds_(bounds) {}

void JournalWriter::set_folder(const std::string& folder) {
  if (folder == folder_) return;
  close();
  folder_ = folder;
}

void JournalWriter::add(const GenerationLine& rules) {
  generation_ = rules.generation;
  append_line(pending_, rules);
}

os::SystemResult<void> JournalWriter::write(JournalTime now) {
  if (folder_.empty()) pending_.clear();
  if (pending_.empty()) return {};
  if (segment_ && !segment_->is_in_place()) close();
  if (!segment_) {
    auto made = SegmentFile::create(folder_, {now, door_, segment_host(host_), ::getpid(), false});
    if (!made) return tl::unexpected(made.error());
    segment_.emplace(std::move(*made));
    begun_ = Clock::now();
    std::string first;
    append_line(first, SegmentLine{now, door_, host_, version_});
    pending_.insert(0, first);
  }
  std::string_view rest = pending_;
  auto written = segment_->append(rest);
  const std::size_t count = pending_.size() - rest.size();
  if (count > 0) within_line_ = pending_[count - 1] != '\n';
  written_bytes_ += count;
  pending_.erase(0, count);
  return written;
}

bool JournalWriter::close_if_full(Clock::time_point now) {
  const auto end = end_of_segment();
  if (end && (now >= *end || segment_->size() >= bounds_.bytes || !segment_->is_in_place())) {
    close();
  }
  return std::exchange(has_closed_, false);
}

void JournalWriter::close() {
  if (!segment_) return;
  segment_.reset();
  has_closed_ = true;
  generation_.reset();
  // The rest of a line that was cut is no line.
  if (std::exchange(within_line_, false)) pending_.erase(0, pending_.find('\n') + 1);
}

std::optional<JournalWriter::Clock::time_point> JournalWriter::end_of_segment() const {
  if (!segment_) return std::nullopt;
  return begun_ + bounds_.age;
}

}  // namespace postern::journal

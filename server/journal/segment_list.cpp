#include "server/journal/segment_list.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/os/system_error.h"

namespace postern::journal {

std::string unpacked_name(SegmentName name) {
  name.packed = false;
  return name.to_string();
}

Result<std::vector<SegmentPlace>> segments_in(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<SegmentPlace> segments;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    auto name = parse_segment_name(entry->path().filename().string());
    if (name) segments.push_back({entry->path().string(), std::move(*name)});
  }
  if (failed == std::errc::no_such_file_or_directory) return segments;
  if (failed) return os::system_failure("read the folder " + folder, failed.value());
  // Of both the packed one is the second, by its longer name.
  std::ranges::sort(segments, {}, &SegmentPlace::path);
  return segments;
}

Result<std::vector<SegmentPlace>> whole_segments_in(const std::string& folder) {
  auto segments = segments_in(folder);
  if (!segments) return segments;
  std::vector<SegmentPlace> whole;
  for (SegmentPlace& segment : *segments) {
    if (whole.empty() || unpacked_name(whole.back().name) != unpacked_name(segment.name)) {
      whole.push_back(std::move(segment));
    } else {
      whole.back() = std::move(segment);
    }
  }
  return whole;
}

}  // namespace postern::journal

// The segment that a daemon writes: a file of its own, which nobody else writes, readable by its
// owner alone, and locked (flock(2)) as long as the daemon lives, so that others know when it is
// left behind. One thread; blocks on the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/os/system_error.h"
#include "common/os/unique_fd.h"
#include "rules/journal/segment_name.h"

namespace postern::journal {

class SegmentFile {
 public:
  // Makes the folder (mode 0700) where it is not there. `name.begun` goes on by a microsecond while
  // there is a file of that name.
  static os::SystemResult<SegmentFile> create(const std::string& folder, SegmentName name);

  // Writes as much of `text` as can be written, and takes it from the front. Error: why not all.
  os::SystemResult<void> append(std::string_view& text);
  // Whether it is still there under its name.
  [[nodiscard]] bool is_in_place() const;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const SegmentName& name() const { return name_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  SegmentFile(std::string path, SegmentName name, os::UniqueFd fd)
      : path_(std::move(path)), name_(std::move(name)), fd_(std::move(fd)) {}

  std::string path_;
  SegmentName name_;
  os::UniqueFd fd_;
  std::uint64_t size_ = 0;
};

}  // namespace postern::journal

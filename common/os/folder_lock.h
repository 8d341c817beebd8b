// A lock on a folder, among programs that take the same lock: the file `.postern.lock` in the
// folder, which exists while the lock is held. Only accounts that may write into the folder can
// open the file, so an account that may only read there cannot block others. Blocks.
#pragma once

#include <chrono>
#include <string>

#include "common/base/result.h"
#include "common/os/file_place.h"
#include "common/os/unique_fd.h"

namespace postern::os {

class FolderLock {
 public:
  // Waits so long at most. Errors: another process holds it, which the text names; the folder
  // cannot be opened or written.
  static Result<FolderLock> take(const std::string& folder,
                                 std::chrono::milliseconds wait = std::chrono::seconds(10));
  // The folder that has the file.
  static Result<FolderLock> take(const FilePlace& place,
                                 std::chrono::milliseconds wait = std::chrono::seconds(10));

  FolderLock(FolderLock&& other) noexcept = default;
  FolderLock& operator=(FolderLock&& other) = delete;
  ~FolderLock();  // releases it, and removes the file

 private:
  FolderLock(FilePlace file, UniqueFd fd) : file_(std::move(file)), fd_(std::move(fd)) {}

  FilePlace file_;
  UniqueFd fd_;
};

}  // namespace postern::os

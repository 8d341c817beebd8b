// Keeps other programs that ask for the same lock away from a folder. It is a file in that folder,
// `.postern.lock`, for as long as somebody has the lock: whoever may write into the folder may take
// it, and nobody else can open it, so that who can only read there holds up nobody. Blocks.
#pragma once

#include <chrono>
#include <string>

#include "common/base/result.h"
#include "common/os/file_place.h"
#include "common/os/unique_fd.h"

namespace postern::os {

class FolderLock {
 public:
  // Waits as long as that. Errors: another one has it, and which process that is; the folder cannot
  // be opened or written.
  static Result<FolderLock> take(const std::string& folder,
                                 std::chrono::milliseconds wait = std::chrono::seconds(10));
  // Of the folder of that place.
  static Result<FolderLock> take(const FilePlace& place,
                                 std::chrono::milliseconds wait = std::chrono::seconds(10));

  FolderLock(FolderLock&& other) noexcept = default;
  FolderLock& operator=(FolderLock&& other) = delete;
  ~FolderLock();  // gives it up, and removes the file

 private:
  FolderLock(FilePlace file, UniqueFd fd) : file_(std::move(file)), fd_(std::move(fd)) {}

  FilePlace file_;
  UniqueFd fd_;
};

}  // namespace postern::os

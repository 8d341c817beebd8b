// Bytes in memory that has a name and that nobody can change or cut any more: for a library that
// opens what it maps by its name. Touches no file.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/base/result.h"

namespace postern::mmdb {

class SealedCopy {
 public:
  // Errors: the kernel gives no memory or no descriptor.
  static Result<SealedCopy> of(std::string_view bytes);
  SealedCopy(SealedCopy&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  SealedCopy& operator=(SealedCopy&&) = delete;
  SealedCopy(const SealedCopy&) = delete;
  SealedCopy& operator=(const SealedCopy&) = delete;
  ~SealedCopy();

  // Good as long as this object lives. What has been mapped by then stays.
  [[nodiscard]] std::string path() const;

 private:
  explicit SealedCopy(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace postern::mmdb

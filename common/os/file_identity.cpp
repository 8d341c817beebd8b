#include "common/os/file_identity.h"

#include <fcntl.h>

#include <chrono>
#include <thread>

namespace postern::os {
namespace {

// A tick of the kernel is 10 ms at the most.
constexpr std::chrono::milliseconds kClockTick{20};

std::int64_t nanoseconds(const timespec& time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return time.tv_sec * kSecond + time.tv_nsec;
}

FileIdentity identity_of(const struct stat& status) {
  return {true,
          status.st_dev,
          status.st_ino,
          status.st_size,
          nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

std::chrono::nanoseconds age_of(const FileIdentity& identity) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return now - std::chrono::nanoseconds(identity.changed_ns);
}

}  // namespace

FileIdentity identify_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? identity_of(status) : FileIdentity{};
}

FileIdentity identify_file(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? identity_of(status) : FileIdentity{};
}

FileIdentity identify_file_at(int folder, const std::string& name) {
  struct stat status {};
  const bool there = ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  return there ? identity_of(status) : FileIdentity{};
}

FileIdentity identify_quiet_file(const std::string& path) {
  const FileIdentity identity = identify_file(path);
  if (!identity.there) return identity;
  const auto age = age_of(identity);
  // Not of one from the future: its clock is another machine's.
  if (age < std::chrono::nanoseconds(0) || age >= kClockTick) return identity;
  std::this_thread::sleep_for(kClockTick - age);
  return identify_file(path);
}

}  // namespace postern::os

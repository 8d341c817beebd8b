#include "common/io/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>
#include <vector>

#include "common/io/lock_holder.h"
#include "common/io/system_error.h"
#include "common/io/text_file.h"

namespace postern {
namespace {

constexpr mode_t kNewMode = 0644;
constexpr std::chrono::milliseconds kLockLook{20};
constexpr std::size_t kMaxLocks = std::size_t{16} << 20;

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure("write " + path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// Access lists are extended attributes, too: without them a daemon may not be able to read what it
// could read before. What cannot be set is the system's own business (labels of SELinux).
void copy_attributes(const std::string& from, int to) {
  std::vector<char> names(65536);
  const ssize_t length = ::listxattr(from.c_str(), names.data(), names.size());
  std::vector<char> value(65536);
  for (ssize_t at = 0; at < length;) {
    const char* name = names.data() + at;
    at += static_cast<ssize_t>(std::string_view(name).size()) + 1;
    const ssize_t size = ::getxattr(from.c_str(), name, value.data(), value.size());
    if (size >= 0) ::fsetxattr(to, name, value.data(), static_cast<std::size_t>(size), 0);
  }
}

Result<void> dress_as(int fd, const std::string& target, const struct stat* old) {
  if (old == nullptr) {
    if (::fchmod(fd, kNewMode) != 0) return system_failure("set the mode of " + target);
    return {};
  }
  struct stat made {};
  if (::fstat(fd, &made) != 0) return system_failure("look at " + target);
  const bool same = made.st_uid == old->st_uid && made.st_gid == old->st_gid;
  if (!same && ::fchown(fd, old->st_uid, old->st_gid) != 0) {
    return failure("cannot keep the owner of " + target + ": " +
                   std::generic_category().message(errno) + "; want its owner, or root");
  }
  if (::fchmod(fd, old->st_mode & 07777) != 0) return system_failure("set the mode of " + target);
  copy_attributes(target, fd);
  return {};
}

Result<void> sync_folder(const std::string& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || ::fsync(fd.get()) != 0) return system_failure("write " + folder);
  return {};
}

Error locked_by_another(const std::string& folder, int fd) {
  struct stat status {};
  const auto locks = read_text_file("/proc/locks", kMaxLocks);
  std::string who = "another process";
  if (locks && ::fstat(fd, &status) == 0) {
    if (const auto pid = lock_holder(*locks, status.st_dev, status.st_ino)) {
      who += " (pid " + std::to_string(*pid) + ", from /proc/locks)";
    }
  }
  return {folder + " is locked by " + who + "; nothing is changed there, try again"};
}

}  // namespace

Result<std::string> follow_links(const std::string& path) {
  std::error_code error;
  auto real = std::filesystem::weakly_canonical(path, error);
  if (error) return failure("cannot follow " + path + ": " + error.message());
  // weakly_canonical leaves a link to nowhere as it is.
  if (std::filesystem::is_symlink(real, error)) {
    return failure("cannot follow " + path + ": " + real.string() + " leads nowhere");
  }
  return real.string();
}

FileReplacement::FileReplacement(std::string target, std::string temporary, FileIdentity replaced)
    : target_(std::move(target)), temporary_(std::move(temporary)), replaced_(replaced) {}

FileReplacement::FileReplacement(FileReplacement&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, std::string())),
      replaced_(other.replaced_) {}

FileReplacement::~FileReplacement() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<FileReplacement> FileReplacement::prepare(const std::string& path, std::string_view text) {
  const auto target = follow_links(path);
  if (!target) return tl::unexpected(target.error());
  struct stat old {};
  const bool there = ::stat(target->c_str(), &old) == 0;
  if (there && !S_ISREG(old.st_mode)) {
    return failure("cannot replace " + path + ": want a regular file");
  }
  // A name that no glob for lists finds, should the process be killed.
  std::string temporary =
      folder_of(*target) + "/." + std::filesystem::path(*target).filename().string() + ".XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.is_open()) return system_failure("write into " + folder_of(*target));
  FileReplacement replacement(*target, temporary, identify_file(*target));
  if (auto written = write_all(fd.get(), text, temporary); !written) {
    return tl::unexpected(written.error());
  }
  if (auto dressed = dress_as(fd.get(), *target, there ? &old : nullptr); !dressed) {
    return tl::unexpected(dressed.error());
  }
  if (::fsync(fd.get()) != 0) return system_failure("write " + temporary);
  return replacement;
}

Result<void> FileReplacement::commit() {
  if (identify_file(target_) != replaced_) {
    return failure(target_ + " has been changed by somebody else just now; nothing is written");
  }
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) {
    return system_failure("replace " + target_);
  }
  temporary_.clear();
  return {};
}

FileIdentity FileReplacement::identity() const {
  return identify_file(temporary_.empty() ? target_ : temporary_);
}

Result<void> FileReplacement::settle() const {
  return sync_folder(folder_of(target_));
}

Result<void> replace_file(const std::string& path, std::string_view text) {
  auto replacement = FileReplacement::prepare(path, text);
  if (!replacement) return tl::unexpected(replacement.error());
  if (auto committed = replacement->commit(); !committed) return committed;
  return replacement->settle();
}

Result<FolderLock> FolderLock::take(const std::string& folder, std::chrono::milliseconds wait) {
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) return system_failure("open " + folder);
  const auto end = std::chrono::steady_clock::now() + wait;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return system_failure("lock " + folder);
    if (std::chrono::steady_clock::now() > end) {
      return tl::unexpected(locked_by_another(folder, fd.get()));
    }
    std::this_thread::sleep_for(kLockLook);
  }
  return FolderLock(std::move(fd));
}

}  // namespace postern

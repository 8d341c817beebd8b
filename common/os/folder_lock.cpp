#include "common/os/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "common/os/access_list.h"
#include "common/os/account_access.h"
#include "common/os/lock_holder.h"
#include "common/os/system_error.h"
#include "common/os/text_file.h"

namespace postern::os {
namespace {

constexpr const char* kLockFile = ".postern.lock";
constexpr std::chrono::milliseconds kLockLook{20};
constexpr std::size_t kMaxLocks = std::size_t{16} << 20;

Error locked_by_another(const FilePlace& file, int fd) {
  struct stat status {};
  const auto locks = read_text_file("/proc/locks", kMaxLocks);
  std::string who = "another process";
  if (locks && ::fstat(fd, &status) == 0) {
    if (const auto pid = lock_holder(*locks, status.st_dev, status.st_ino)) {
      who += " (pid " + std::to_string(*pid) + ", from /proc/locks)";
    }
  }
  return {file.folder_path() + " is locked by " + who + "; nothing is changed there, try again"};
}

// Whom the mode or the access list of the folder lets write there, they read and write; nobody
// else.
bool let_writers_in(int fd, int folder, mode_t folder_mode) {
  AccessList list = access_list_of(folder);
  for (AccessListEntry& entry : list) {
    const bool writes = entry.tag == AccessListEntry::owner || (entry.permissions & kMayWrite) != 0;
    entry.permissions = writes ? kMayRead | kMayWrite : 0;
  }
  if (!list.empty()) return set_access_list(fd, list);
  // One that came from the folder's default.
  ::fremovexattr(fd, kAccessListAttribute);
  mode_t mode = S_IRUSR | S_IWUSR;
  if ((folder_mode & S_IWGRP) != 0) mode |= S_IRGRP | S_IWGRP;
  if ((folder_mode & S_IWOTH) != 0) mode |= S_IROTH | S_IWOTH;
  return ::fchmod(fd, mode) == 0;
}

bool dress_for_writers(int fd, const FilePlace& file) {
  const UniqueFd folder(::openat(file.folder(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat wanted {};
  struct stat made {};
  if (!folder.is_open() || ::fstat(folder.get(), &wanted) != 0 || ::fstat(fd, &made) != 0) {
    return false;
  }
  const uid_t owner = ::geteuid() == 0 ? wanted.st_uid : made.st_uid;
  const bool same = made.st_uid == owner && made.st_gid == wanted.st_gid;
  // Who writes there by another right than the group's cannot give a file to that group.
  if (!same && ::fchown(fd, owner, wanted.st_gid) != 0) return ::fchmod(fd, S_IRUSR | S_IWUSR) == 0;
  return let_writers_in(fd, folder.get(), wanted.st_mode);
}

// Under its name only when everybody who may can open it. That another one was first is no error.
Result<void> make_lock_file(const FilePlace& file) {
  const auto made = file.make_beside();
  if (!made) return tl::unexpected(made.error());
  const bool linked =
      dress_for_writers(made->fd.get(), file) &&
      ::linkat(file.folder(), made->place.name().c_str(), file.folder(), kLockFile, 0) == 0;
  const int error = errno;
  made->place.remove();
  if (linked || error == EEXIST) return {};
  return system_failure("lock " + file.folder_path(), error);
}

// Not open: it is not there.
Result<UniqueFd> open_lock_file(const FilePlace& file) {
  UniqueFd fd(
      ::openat(file.folder(), kLockFile, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (!fd.is_open() && errno == ENOENT) return fd;
  if (!fd.is_open() || ::fstat(fd.get(), &status) != 0)
    return system_failure("lock " + file.path());
  if (!S_ISREG(status.st_mode)) {
    return failure("cannot lock " + file.path() + ": want a regular file, or none");
  }
  return fd;
}

// Who had the lock before has taken the file away.
bool has_its_name(int fd, const FilePlace& file) {
  return is_same_file(identify_file(fd), file.identify());
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::string& folder, std::chrono::milliseconds wait) {
  const auto place = FilePlace::in_folder(folder, kLockFile);
  if (!place) return tl::unexpected(place.error());
  return take(*place, wait);
}

Result<FolderLock> FolderLock::take(const FilePlace& place, std::chrono::milliseconds wait) {
  FilePlace file = place.beside(kLockFile);
  const auto end = std::chrono::steady_clock::now() + wait;
  for (;;) {
    auto fd = open_lock_file(file);
    if (!fd) return tl::unexpected(fd.error());
    const bool locked = fd->is_open() && ::flock(fd->get(), LOCK_EX | LOCK_NB) == 0;
    const bool held = fd->is_open() && !locked;
    if (held && errno != EWOULDBLOCK && errno != EINTR)
      return system_failure("lock " + file.path());
    if (locked && has_its_name(fd->get(), file)) {
      return FolderLock(std::move(file), std::move(*fd));
    }
    if (std::chrono::steady_clock::now() > end) {
      return tl::unexpected(locked_by_another(file, fd->get()));
    }
    if (held) std::this_thread::sleep_for(kLockLook);
    if (fd->is_open()) continue;
    if (auto made = make_lock_file(file); !made) return tl::unexpected(made.error());
  }
}

FolderLock::~FolderLock() {
  if (fd_.is_open() && has_its_name(fd_.get(), file_)) file_.remove();
}

}  // namespace postern::os
